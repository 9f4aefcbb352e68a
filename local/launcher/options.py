"""The command line of `python -m local`."""

from __future__ import annotations

import argparse
from datetime import date

from amplitude_export.ledger import DEFAULT_PROJECT


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
        command.add_argument("--day", type=date.fromisoformat, help="YYYY-MM-DD, UTC")
        command.add_argument("--project", default=DEFAULT_PROJECT, help="its name")
    doctor_parser = commands.add_parser("doctor", help="check the accounts and the settings")
    doctor_parser.add_argument("--json", action="store_true", help="print one JSON object")
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
    commands.add_parser("sql", help="query the warehouse").add_argument("query")
    return of_all
