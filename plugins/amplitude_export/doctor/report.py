"""All checks together: for people, for machines, and as an error that names what failed."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from amplitude_export.doctor.check import Check, State
from amplitude_export.errors import ChecksFailed


class Report(msgspec.Struct, frozen=True):
    """The checks in the order in which the data flows; `ok` is True when none of them failed."""

    checks: Sequence[Check]
    ok: bool = True

    def __post_init__(self) -> None:
        """Derive `ok`."""
        msgspec.structs.force_setattr(self, "ok", not self.failed)

    @property
    def failed(self) -> list[Check]:
        """What is to be mended."""
        return [check for check in self.checks if check.state is State.FAILED]

    @property
    def lines(self) -> str:
        """A line for each check, and one that sums up."""
        counts = {state: sum(check.state is state for check in self.checks) for state in State}
        sum_up = (
            f"{counts[State.OK]} of {len(self.checks)} checks are good, "
            f"{counts[State.FAILED]} failed, {counts[State.SKIPPED]} were not looked at."
        )
        return "\n".join([*(check.line for check in self.checks), sum_up])

    def require_ok(self) -> None:
        """Raises ChecksFailed with the names of the checks that failed."""
        if self.failed:
            names = ", ".join(check.name for check in self.failed)
            raise ChecksFailed(
                f"{len(self.failed)} of {len(self.checks)} checks failed: {names}.",
                "the lines above say of each what was found and what to do; mend the first one "
                "first, and run the doctor again.",
            )
