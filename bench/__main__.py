"""`python -m bench`: 200,000 and 1,000,000 events, or fewer with `--quick`."""

from __future__ import annotations

import argparse
import sys

from bench.archive import SMALLEST
from bench.report import LEGEND, size_table, target_table
from bench.rounds import Round, run_rounds
from bench.targets import Target, memory_targets, own_memory, speed_targets

SIZES = {200_000: 5, 1_000_000: 3}
QUICK = {20_000: 1}


def main() -> int:
    """Run the bench, print the tables, and return the exit status."""
    arguments = _arguments()
    base = run_rounds(SMALLEST, 1, _progress)[0]
    sizes = QUICK if arguments.quick else SIZES
    runs = {n: run_rounds(n, arguments.rounds or rounds, _progress) for n, rounds in sizes.items()}
    for events, rounds in runs.items():
        print(*size_table(events, rounds, base), "", sep="\n")
    targets = _targets(runs, base)
    print(*target_table(targets), "", LEGEND, sep="\n")
    return int(arguments.strict and not all(target.met for target in targets))


def _targets(runs: dict[int, list[Round]], base: Round) -> list[Target]:
    """Return the speed targets of each size and the memory targets of all sizes together."""
    speed = [
        Target(f"{events:,} events: {found.what}", found.wanted, found.got, found.met)
        for events, rounds in runs.items()
        for found in speed_targets(rounds)
    ]
    return speed + memory_targets({n: own_memory(rounds, base) for n, rounds in runs.items()})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="20,000 events, one round")
    parser.add_argument("--rounds", type=int, help="instead of 5 and 3")
    parser.add_argument("--strict", action="store_true", help="exit 1 when a target was missed")
    return parser.parse_args()


def _progress(line: str) -> None:
    if sys.stderr.isatty():
        print(f"\r{line:78}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
