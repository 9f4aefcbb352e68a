"""A stand-in for Amplitude's Export API: the sample day, generated days, and faults on demand."""

from local.export_api.api import ExportApi
from local.export_api.credentials import API_KEY, SECRET_KEY
from local.export_api.export import EVENTS_PER_DAY, expected_events, expected_uuids
from local.export_api.generator import generate_day

__all__ = [
    "API_KEY",
    "EVENTS_PER_DAY",
    "SECRET_KEY",
    "ExportApi",
    "expected_events",
    "expected_uuids",
    "generate_day",
]
