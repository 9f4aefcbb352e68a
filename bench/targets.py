"""The project's targets for speed and memory, and a run's results against them."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from bench.measure import Sample
from bench.place import STAGES, Step
from bench.rounds import Round

SLOW_SECONDS = 0.05
# Bytes beyond those of the interpreter, the libraries and Airflow.
MAX_MEMORY = 150e6
# Peaks of archives of different sizes count as equal within this many bytes: allocators hold on to
# freed pages.
SAME_MEMORY = 25e6


@dataclass(frozen=True)
class Target:
    """One target for one size of archive, as the report prints it."""

    what: str
    wanted: str
    got: str
    met: bool


def stages_of(side: str, landing: str, latency: float) -> list[Step]:
    """Return the three steps that move a day: download, unpack, upload."""
    return [
        Step("download", side),
        Step("unpack", side, landing),
        Step("upload", side, landing, latency),
    ]


def ratio(rounds: list[Round], naive: list[Step], ours: list[Step]) -> float:
    """Return how many times faster ours is than naive: the median of the rounds' own ratios."""
    return median(total(done, naive).wall / total(done, ours).wall for done in rounds)


def total(done: Round, steps: list[Step]) -> Sample:
    """Return the cost of the steps of one round, run one after the other."""
    return sum((done[step] for step in steps), start=Sample(0.0, 0.0, 0))


def own_memory(rounds: list[Round], base: Round) -> dict[Step, int]:
    """Return each step's highest peak less its peak on a near-empty archive, in bytes."""
    return {step: max(done[step].peak for done in rounds) - base[step].peak for step in base}


def speed_targets(rounds: list[Round]) -> list[Target]:
    """Return the speed targets of one size of archive."""
    unpack = ratio(rounds, [Step("unpack", "naive")], [Step("unpack", "ours")])
    found = [_at_least("unpack to json", 2.0, unpack)]
    for landing, minimum in (("json", 1.6), ("json.gz", 2.7)):
        sides = stages_of("naive", "json", 0.0), stages_of("ours", landing, 0.0)
        found.append(_at_least(f"three stages, {landing}", minimum, ratio(rounds, *sides)))
    for landing in ("json", "json.gz"):
        naive, ours = (
            Step("upload", *side, SLOW_SECONDS) for side in (("naive", "json"), ("ours", landing))
        )
        found.append(_at_least(f"upload at 50 ms, {landing}", 4.0, ratio(rounds, [naive], [ours])))
    return found


def memory_targets(own: dict[int, dict[Step, int]]) -> list[Target]:
    """Return the memory targets over all sizes of archives."""
    peaks = {stage: [_highest(own[events], stage) for events in sorted(own)] for stage in STAGES}
    return [target for stage, found in peaks.items() for target in _memory(stage, found)]


def _highest(own: dict[Step, int], stage: str) -> int:
    return max(peak for step, peak in own.items() if step.side == "ours" and step.stage == stage)


def _memory(stage: str, peaks: list[int]) -> list[Target]:
    got = " and ".join(f"{peak / 1e6:.0f}" for peak in peaks) + " MB"
    limit = Target(
        f"own memory of {stage}", f"< {MAX_MEMORY / 1e6:.0f} MB", got, max(peaks) < MAX_MEMORY
    )
    if len(peaks) == 1:
        return [limit]
    same = abs(peaks[-1] - peaks[0]) <= SAME_MEMORY
    return [limit, Target(f"same {stage} at each size", f"± {SAME_MEMORY / 1e6:.0f} MB", got, same)]


def _at_least(what: str, minimum: float, got: float) -> Target:
    return Target(what, f">= {minimum:.1f}x", f"{got:.2f}x", got >= minimum)
