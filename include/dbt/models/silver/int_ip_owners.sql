{{ config(materialized='table', alias='ip_owners') }}
/*
what:   The owner of the network of each address that sessions of a project came from.
grain:  a project and an ip_address
reads:  sessions, ip_networks, network_classes, network_class_patterns
re-run: rebuilt
*/
with visits as (
    select distinct
        project,
        ip_address
    from {{ ref('int_sessions') }}
    where ip_address is not null
),

addresses as (
    select distinct ip_address
    from visits
),

parsed_addresses as (
    select
        ip_address,
        -- ::ffff:192.0.2.1 is how IPv6 writes an IPv4 address.
        parse_ip(regexp_replace(ip_address, '^::(ffff|FFFF):', ''), 'INET', 1) as parsed
    from addresses
),

-- Keys as in IP_NETWORKS: of an IPv4 address its number, of a public IPv6 address (2000::/3) the
-- number of its first 64 bits.
keyed as (
    select
        ip_address,
        case
            when parsed:family::number = 4 then parsed:ipv4::number(20, 0)
            when left(parsed:hex_ipv6::varchar, 1) in ('2', '3')
                then
                    to_number(
                        left(parsed:hex_ipv6::varchar, 16), 'XXXXXXXXXXXXXXXX'
                    )::number(20, 0)
        end as address_key
    from parsed_addresses
),

owned as (
    select
        keyed.ip_address,
        ip_networks.asn,
        ip_networks.name
    from keyed
    asof join
        {{ source('amplitude', 'ip_networks') }} as ip_networks
        match_condition(keyed.address_key >= ip_networks.first_key)
    where keyed.address_key <= ip_networks.last_key
),

worded as (
    select
        owned.ip_address,
        patterns.network_class
    from owned
    inner join {{ ref('network_class_patterns') }} as patterns
        on
            contains(
                ' ' || regexp_replace(lower(owned.name), '[^a-z0-9]+', ' ') || ' ',
                ' ' || patterns.pattern || ' '
            )
    qualify row_number() over (partition by owned.ip_address order by patterns.priority) = 1
)

select
    visits.project,
    visits.ip_address,
    owned.asn,
    owned.name as network_name,
    case
        when owned.ip_address is null then 'unknown'
        else coalesce(network_classes.network_class, worded.network_class, 'business')
    end as network_class
from visits
left join owned
    on visits.ip_address = owned.ip_address
left join {{ ref('network_classes') }} as network_classes
    on owned.asn = network_classes.asn
left join worded
    on visits.ip_address = worded.ip_address
