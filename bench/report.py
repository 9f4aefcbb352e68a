"""The run as tables: the cost of each step, and the targets that were met."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from bench.place import STAGES, Step
from bench.rounds import LATENCIES, Round, steps
from bench.targets import Target, own_memory, ratio, stages_of, total

HEADER = f"{'':32}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}{'own MB':>9}{'naive/ours':>12}"
LEGEND = """\
Medians; the ratio is the median of the rounds' own ratios. CPU: of the step and of its children.
Peak: the sum of their high-water marks, interpreter and libraries (Airflow's in our download)
included; own: less the peak of the same step on an archive of four events. naive checks nothing;
ours checks every line, and lands JSON or the export's own gzip members."""


def size_table(events: int, rounds: list[Round], base: Round) -> Iterator[str]:
    """Yield the lines for one size of archive."""
    yield f"{events:,} events, {len(rounds)} rounds"
    yield HEADER
    own = own_memory(rounds, base)
    for stage in STAGES:
        for step in steps(stage):
            memory = max(done[step].peak for done in rounds) / 1e6, own[step] / 1e6
            yield _row(str(step), rounds, [step], [_opponent(step)], memory)
    for latency in LATENCIES:
        yield from _all_three(rounds, latency)


def target_table(targets: list[Target]) -> Iterator[str]:
    """Yield a line for each target."""
    for target in targets:
        met = "met" if target.met else "NOT MET"
        yield f"{target.what:44}{target.wanted:>10}  {target.got:>16}  {met}"


def _opponent(step: Step) -> Step:
    return Step(step.stage, "naive", "json", step.latency)


def _all_three(rounds: list[Round], latency: float) -> Iterator[str]:
    waits = f" at {latency * 1000:.0f} ms" if latency else ""
    naive = stages_of("naive", "json", latency)
    for side, landing in (("naive", "json"), ("ours", "json"), ("ours", "json.gz")):
        stages = stages_of(side, landing, latency)
        yield _row(f"all three{waits}, {side} {landing}", rounds, stages, naive)


def _row(
    name: str,
    rounds: list[Round],
    stages: list[Step],
    naive: list[Step],
    memory: tuple[float, float] | None = None,
) -> str:
    wall = median(total(done, stages).wall for done in rounds)
    cpu = median(total(done, stages).cpu for done in rounds)
    peak, own = (f"{value:.0f}" for value in memory) if memory else ("", "")
    times = f"{ratio(rounds, naive, stages):.2f}x" if stages != naive else ""
    return f"{name:32}{wall:9.2f}{cpu:9.2f}{peak:>9}{own:>9}{times:>12}"
