"""Interleaved rounds: each step of both sides, one right after the other, again and again."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from bench import CACHE
from bench.archive import archive
from bench.counts import check_counts
from bench.measure import Sample, measure
from bench.place import STAGES, Place, Step
from bench.servers import serving
from bench.warm import warm

LATENCIES = (0.0, 0.05)
# What a step writes at the most, in archives: their JSON is 14 times as large.
_WARM = 16
Round = dict[Step, Sample]


def run_rounds(events: int, rounds: int, say: Callable[[str], None]) -> list[Round]:
    """Measures all steps `rounds` times on an archive of `events` events.

    Raises ValueError when the two sides do not leave and send the same events.
    """
    with ExitStack() as ends:
        amplitude = ends.enter_context(serving("archive", str(archive(events))))
        sinks = {wait: ends.enter_context(serving("s3", str(wait))) for wait in LATENCIES}
        return [_round(events, number, amplitude, sinks, say) for number in range(rounds)]


def steps(stage: str) -> list[Step]:
    """The stage's steps, naive first. Both landing formats come from the one download."""
    sides = [Step(stage, "naive"), Step(stage, "ours")]
    if stage != "download":
        sides.append(Step(stage, "ours", "json.gz"))
    latencies = LATENCIES if stage == "upload" else (0.0,)
    return [replace(step, latency=latency) for latency in latencies for step in sides]


def _round(
    events: int, number: int, amplitude: str, sinks: dict[float, str], say: Callable[[str], None]
) -> Round:
    """One pass; every other one goes the other way round, so that nobody is always second."""
    done: Round = {}
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        for stage in STAGES:
            for step in steps(stage)[:: -1 if number % 2 else 1]:
                data = str(Path(folder) / step.side)
                place = Place(data, step.landing, amplitude, sinks[step.latency])
                warm(archive(events).stat().st_size * _WARM, Path(folder))
                done[step] = measure(step, place)
                say(f"{events:,} events, round {number + 1}: {step} {done[step].wall:.2f} s")
        check_counts(events, Path(folder), list(sinks.values()))
    return done
