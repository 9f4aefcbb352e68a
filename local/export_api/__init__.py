"""A stand-in for Amplitude's Export API: the sample day, generated days, and faults on demand."""

from local.export_api.api import ExportApi
from local.export_api.export import EVENTS_PER_DAY, expected_events, expected_uuids
from local.export_api.generator import generate_day
from local.export_api.projects import API_KEY, APP, DEFAULT, PROJECTS, SECRET_KEY

__all__ = [
    "API_KEY",
    "APP",
    "DEFAULT",
    "EVENTS_PER_DAY",
    "PROJECTS",
    "SECRET_KEY",
    "ExportApi",
    "expected_events",
    "expected_uuids",
    "generate_day",
]
