{{ config(materialized='view') }}
/*
what:   Sessions with their user, place, network and company.
grain:  a session_key
reads:  sessions, devices, ip_owners, free_mail_domains
re-run: a view; nothing to do
*/
with identified as (
    select
        sessions.*,
        {{ user_key('sessions.user_id', 'devices') }} as user_key,
        {{ email_domain('coalesce(sessions.user_id, devices.first_user_id)') }} as email_domain,
        ip_owners.asn,
        ip_owners.network_name,
        coalesce(ip_owners.network_class, 'unknown') as network_class
    from {{ ref('int_sessions') }} as sessions
    left join {{ ref('int_devices') }} as devices
        on sessions.device_key = devices.device_key
    left join {{ ref('int_ip_owners') }} as ip_owners
        on sessions.project = ip_owners.project
            and sessions.ip_address = ip_owners.ip_address
),

-- The network is the first signal, the user's e-mail address the second.
signalled as (
    select
        identified.*,
        case
            when identified.network_class = 'business' then 'network'
            when identified.email_domain is not null and free_mail_domains.domain is null
                then 'email'
        end as company_signal,
        case company_signal
            when 'network' then 'AS' || identified.asn::varchar
            when 'email' then identified.email_domain
        end as company_id
    from identified
    left join {{ ref('free_mail_domains') }} as free_mail_domains
        on identified.email_domain = free_mail_domains.domain
)

select
    project,
    session_key,
    device_key,
    device_id,
    session_id,
    {{ masked_user('user_id') }} as user_id,
    {{ masked_user('user_key') }} as user_key,
    started_at,
    ended_at,
    seconds,
    first_date,
    events,
    page_views,
    clicks,
    forms,
    entry_page,
    exit_page,
    referring_domain,
    utm_source,
    has_start,
    has_end,
    {{ masked_ip('ip_address') }} as ip_address,
    {{ location_key() }} as location_key,
    country,
    region,
    city,
    language,
    platform,
    os_name,
    os_version,
    device_family,
    device_type,
    asn,
    network_name,
    network_class,
    email_domain,
    {{ in_project('company_id') }} as company_key,
    case company_signal
        when 'network' then network_name
        when 'email' then email_domain
    end as company,
    company_signal
from signalled
