"""All expected tables, given the rows of the raw table by project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tests.transform.reference import clicks, daily, events, identity, journeys, places, sessions
from tests.transform.reference.columns import COLUMNS
from tests.transform.reference.network import Network, Seeds, company, email_domain, owner
from tests.transform.reference.projects import in_project
from tests.transform.reference.repeats import split
from tests.transform.reference.typed import Exported, Row, base_event


def expected(
    projects: Mapping[str, Iterable[Exported]], networks: Sequence[Network], seeds: Seeds
) -> dict[str, list[Row]]:
    """Return the rows of each table; their order has no meaning.

    No project knows of another one: each has the tables of its own rows.
    """
    tables: dict[str, list[Row]] = {name: [] for name in COLUMNS}
    for project, rows in projects.items():
        own = _of_project(rows, networks, seeds)
        for name, found in tables.items():
            found += [in_project(project, row) for row in own[name]]
    return {
        name: [{column: row[column] for column in columns} for row in tables[name]]
        for name, columns in COLUMNS.items()
    }


def _of_project(
    rows: Iterable[Exported], networks: Sequence[Network], seeds: Seeds
) -> dict[str, list[Row]]:
    kept, repeats = split(base_event(row) for row in rows)
    history = events.events(kept)
    silver = _silver(history, seeds) | {"stg_repeats": repeats, "stg_events": kept}
    return silver | _gold(silver, networks, seeds)


def _silver(history: list[Row], seeds: Seeds) -> dict[str, list[Row]]:
    return {
        "events": history,
        "sessions": sessions.sessions(history),
        "clicks": clicks.clicks(history, seeds),
        "devices": identity.devices(history),
    }


def _gold(
    silver: dict[str, list[Row]], networks: Sequence[Network], seeds: Seeds
) -> dict[str, list[Row]]:
    at_home = daily.at_home(silver["events"], silver["sessions"])
    fct_events = identity.named(at_home, silver["devices"])
    named = identity.named(silver["sessions"], silver["devices"])
    fct_sessions = [_with_company(session, networks, seeds) for session in named]
    user_devices = identity.user_devices(fct_events, fct_sessions)
    device_days = daily.device_days(at_home, silver["sessions"])
    return {
        "fct_events": fct_events,
        "fct_sessions": fct_sessions,
        "user_devices": user_devices,
        "dim_users": identity.dim_users(user_devices),
        "dim_locations": places.dim_locations(fct_sessions),
        "companies": places.companies(fct_sessions),
        "device_days": device_days,
        "daily": daily.daily(device_days),
        "ip_owners": _ip_owners(fct_sessions),
        **_answers(silver),
    }


def _answers(silver: dict[str, list[Row]]) -> dict[str, list[Row]]:
    steps = journeys.journey_steps(silver["events"])
    return {
        "journey_steps": steps,
        "journeys": journeys.journeys(steps),
        "repeated_clicks": clicks.repeated_clicks(silver["clicks"]),
        "menu_confusion": journeys.menu_confusion(silver["events"], silver["clicks"], steps),
    }


def _with_company(session: Row, networks: Sequence[Network], seeds: Seeds) -> Row:
    anonymous = session["user_key"] == f"device:{session['device_id']}"
    domain = None if anonymous else email_domain(session["user_key"])
    found = session | owner(session["ip_address"], networks, seeds) | {"email_domain": domain}
    return found | company(found, seeds)


def _ip_owners(fct_sessions: list[Row]) -> list[Row]:
    known = [session for session in fct_sessions if session["ip_address"] is not None]
    return list({session["ip_address"]: session for session in known}.values())
