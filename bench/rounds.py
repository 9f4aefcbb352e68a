"""Interleaved rounds: each step runs on both sides back to back, round after round."""

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
# The most that a step writes, in multiples of the archive: its JSON is 14 times as large.
_WARM = 16
Round = dict[Step, Sample]


def run_rounds(events: int, rounds: int, progress: Callable[[str], None]) -> list[Round]:
    """Measure all steps `rounds` times on an archive of `events` events.

    Raises ValueError unless the two sides store and send the same events.
    """
    with ExitStack() as ends:
        amplitude = ends.enter_context(serving("archive", str(archive(events))))
        sinks = {wait: ends.enter_context(serving("s3", str(wait))) for wait in LATENCIES}
        return [_round(events, number, amplitude, sinks, progress) for number in range(rounds)]


def steps(stage: str) -> list[Step]:
    """Return the stage's steps, naive first. Both landing formats share one download."""
    sides = [Step(stage, "naive"), Step(stage, "ours")]
    if stage != "download":
        sides.append(Step(stage, "ours", "json.gz"))
    latencies = LATENCIES if stage == "upload" else (0.0,)
    return [replace(step, latency=latency) for latency in latencies for step in sides]


def _round(
    events: int,
    number: int,
    amplitude: str,
    sinks: dict[float, str],
    progress: Callable[[str], None],
) -> Round:
    """Measure every step once; odd rounds run in reverse, so that no side is always second."""
    done: Round = {}
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        for stage in STAGES:
            for step in steps(stage)[:: -1 if number % 2 else 1]:
                data = str(Path(folder) / step.side)
                place = Place(data, step.landing, amplitude, sinks[step.latency])
                warm(archive(events).stat().st_size * _WARM, Path(folder))
                done[step] = measure(step, place)
                progress(f"{events:,} events, round {number + 1}: {step} {done[step].wall:.2f} s")
        check_counts(events, Path(folder), list(sinks.values()))
    return done
