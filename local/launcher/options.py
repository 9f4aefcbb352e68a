"""The command line of `python -m local`."""

from __future__ import annotations

import argparse
from datetime import UTC, date, datetime

from amplitude_export.ledger import DEFAULT_PROJECT

from local.launcher.job import last_complete_day
from local.launcher.settings import SettingsError


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    of_all = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    commands = of_all.add_subparsers(dest="command", required=True)
    of_a_day = {
        "run": "load one day and compare the counts",
        "verify": "compare a loaded day with its export",
    }
    for name, purpose in of_a_day.items():
        command = commands.add_parser(name, help=purpose)
        command.add_argument("--day", help="YYYY-MM-DD, UTC")
        command.add_argument("--project", default=DEFAULT_PROJECT, help="its name")
    doctor_parser = commands.add_parser("doctor", help="check the accounts and the settings")
    doctor_parser.add_argument("--json", action="store_true", help="print one JSON object")
    inventory_parser = commands.add_parser("inventory", help="name what bucket and volume have")
    inventory_parser.add_argument("--project", help="its name; without it, all")
    for option, dest, which in (("--from", "first_day", "first"), ("--to", "last_day", "last")):
        inventory_parser.add_argument(option, dest=dest, help=f"the {which} day, YYYY-MM-DD, UTC")
    inventory_parser.add_argument("--json", action="store_true", help="print one JSON object")
    inventory_parser.add_argument(
        "--clean", action="store_true", help="remove what is safe from the volume"
    )
    soak_parser = commands.add_parser("soak", help="load history while requests fail")
    soak_parser.add_argument("--days", type=int, default=30)
    soak_parser.add_argument(
        "--share", type=float, default=0.05, help="share of requests that fail"
    )
    soak_parser.add_argument(
        "--deadly", type=float, default=0.005, help="share of statements whose session dies"
    )
    commands.add_parser("networks", help="load the owners of IP networks")
    commands.add_parser("up", help="start the stack and load the last days")
    commands.add_parser("down", help="end the running stack")
    sql_parser = commands.add_parser("sql", help="query the warehouse")
    sql_parser.add_argument("query", nargs="?", default="", help="one statement or several")
    airflow_parser = commands.add_parser("airflow", help="run one of Airflow's commands")
    airflow_parser.add_argument("line", nargs="?", default="", help="without it, stdin has it")
    return of_all


def complete_day(given: str | None, now: datetime) -> date:
    """Return the UTC day `given` as YYYY-MM-DD, without one the last that is complete at `now`.

    Raises SettingsError for text that is not a day, and for a day that is not complete.
    """
    last = last_complete_day(now)
    try:
        day = date.fromisoformat(given) if given else last
    except ValueError:
        raise SettingsError(
            f"{given!r} is not a day. Write it as YYYY-MM-DD, for example: DAY={last}"
        ) from None
    if day > last:
        raise SettingsError(
            f"{day} is not complete yet: it is {now.astimezone(UTC):%Y-%m-%d %H:%M} UTC, and "
            "Amplitude has a whole day at 02:30 UTC of the next one. The last complete day is: "
            f"DAY={last}"
        )
    return day
