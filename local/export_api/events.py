"""A step of a visit as an event object of the Export API: 55 keys, alphabetical.

`app`, the project's id, is filled in by the generator.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from local.export_api.devices import Traits, new_id, traits
from local.export_api.properties import EVENT_TYPES, event_properties, user_properties
from local.export_api.rhythm import FIRST_DAY
from local.export_api.visits import Step, Visit

Event = dict[str, object]


class Job(NamedTuple):
    """A server's action for a user, `at` in epoch ms."""

    known: Traits
    at: int


# Alphabetical, as exported; many are null since Amplitude deprecated them in 2023.
KEYS = """
    $insert_id $insert_key $schema adid amplitude_attribution_ids amplitude_event_type amplitude_id
    app city client_event_time client_upload_time country data data_type device_brand
    device_carrier device_family device_id device_manufacturer device_model device_type dma
    event_id event_properties event_time event_type global_user_properties group_properties groups
    idfa ip_address is_attribution_event language library location_lat location_lng os_name
    os_version partner_id paying plan platform processed_time region sample_rate
    server_received_time server_upload_time session_id source_id start_version user_creation_time
    user_id user_properties uuid version_name
""".split()  # noqa: SIM905
_EMPTY: Event = dict.fromkeys(KEYS) | {
    "data": {"path": "/2/httpapi", "group_first_event": {}, "group_ids": {}},
    "data_type": "event",
    "group_properties": {},
    "groups": {},
    "plan": {},
    "user_properties": {},
}
_CLOSING_DATA = {
    "path": "/2/httpapi",
    "user_properties_updated": True,
    "group_first_event": {},
    "group_ids": {},
}

_EPOCH = datetime(1970, 1, 1)
# Each station's delay after the client's upload, in ms, as seen in real exports.
RECEIVED_TO_UPLOADED_MS = 3
UPLOADED_TO_PROCESSED_MS = 1_044
# A server sends its own events this long after they happened, in ms.
JOB_UPLOAD_MS = 503
# Browsers gain a version about once in so many days.
VERSION_DAYS = 30


def timestamp(ms: int) -> str:
    """Return epoch ms in Amplitude's format: UTC without a zone, six decimals."""
    return (_EPOCH + timedelta(milliseconds=ms)).isoformat(" ", "microseconds")


def event(step: Step, rng: Random) -> Event:
    """Return the event of `step`; `rng` replaces the random ids of sender and server."""
    known = traits(step.visit.device)
    kind = step.act.kind
    return (
        _EMPTY
        | _times(step.at, step.upload)
        | _ids(known, rng)
        | _circumstances(step.visit, known)
        | ({"data": _CLOSING_DATA} if kind == "session_end" else {})
        | {
            "event_id": step.event_id,
            "event_properties": event_properties(step, known),
            "event_type": EVENT_TYPES[kind],
            "library": "amplitude-ts/2.16.1",
            "session_id": step.session_id,
            "user_properties": user_properties(known, kind),
        }
    )


def server_job(job: Job, rng: Random) -> Event:
    """Return the event that a server sends for a user: no session (-1), no place, no browser."""
    return (
        _EMPTY
        | _times(job.at, job.at + JOB_UPLOAD_MS)
        | _ids(job.known, rng)
        | {
            "event_id": 900_000_000 + rng.randrange(10**7),
            "event_properties": {"n": rng.randrange(50), "emoji": "café ☕ 日本 🚀"},
            "event_type": "server_job",
            "library": "http/2.0",
            "session_id": -1,
        }
    )


def _times(at: int, upload: int) -> Event:
    happened = timestamp(at)
    received = timestamp(upload - RECEIVED_TO_UPLOADED_MS)
    return {
        "client_event_time": happened,
        "client_upload_time": received,
        "event_time": happened,
        "processed_time": timestamp(upload + UPLOADED_TO_PROCESSED_MS),
        "server_received_time": received,
        "server_upload_time": timestamp(upload),
    }


def _ids(known: Traits, rng: Random) -> Event:
    return {
        "$insert_id": new_id(rng),
        "amplitude_id": known.amplitude_id,
        "device_id": known.device_id,
        "user_id": known.user_id,
        "uuid": new_id(rng),
    }


def _circumstances(visit: Visit, known: Traits) -> Event:
    """Return place and browser of the upload, which also apply to the end of an earlier session."""
    place, browser = visit.place, known.browser
    return {
        "city": place.city,
        "country": place.country,
        "device_family": browser.device_family,
        "device_type": browser.device_type,
        "dma": place.dma,
        "ip_address": visit.address,
        "language": place.language,
        "os_name": browser.os_name,
        "os_version": str(browser.first_version + (visit.day - FIRST_DAY).days // VERSION_DAYS),
        "platform": "Web",
        "region": place.region,
    }
