"""What can go wrong, named for what to do about it.

    PipelineError
    ├── TryAgain            a later attempt can succeed: Airflow retries with backoff
    │   ├── AmplitudeUnavailable    refused, reset, cut short, 5xx, 429, too slow
    │   ├── HoursNotComplete        Amplitude has not finished these hours yet
    │   ├── VolumeFull              no room for the archive or its JSON
    │   ├── UnpackKilled            an unpacking process died without an answer
    │   ├── UploadFailed            S3 did not take every file
    │   ├── WarehouseUnavailable    no answer, a lock, a timeout, a lost session
    │   ├── RegistryUnavailable     the registry of packages did not answer, or not to the end
    │   ├── StackUnfinished         CloudFormation is busy with the set-up's stack
    │   └── ModelsFailed            dbt could not build a model; a re-run goes on from there
    ├── DoNotRetry          a retry changes nothing: fail at once, a person is needed
    │   ├── DayInFuture             the day lies in the future
    │   ├── BadSetting              a variable, parameter or connection that cannot work
    │   ├── ExportRefused           400, 401, 403, a redirect, a certificate
    │   ├── HourTooLarge            one hour alone exceeds what the Export API hands out
    │   ├── NotAnArchive            a 200 whose body is no zip, three times in a row
    │   │   └── EmptyArchive        a zip without a member; the third counts as an empty window
    │   ├── ArchiveDamaged          checksums or gzip streams of the archive do not hold
    │   ├── ArchiveRefused          names, sizes or methods that no export has
    │   ├── InvalidEvent            a line that is not one JSON object in UTF-8
    │   ├── FileMissing             what an earlier task left is not there any more
    │   ├── VolumeRefused           the volume is missing, read-only or somebody else's
    │   ├── BucketRefused           S3 or KMS says no
    │   ├── WarehouseRefused        login, privileges, missing objects, data it rejects
    │   ├── CountsDiffer            exported, copied and stored events are not the same number
    │   ├── RegistryRefused         the registry says no, or sends another package than it promised
    │   ├── NetworksRefused         the package of IP networks is not what it must be
    │   ├── StackRefused            CloudFormation, or AWS behind it, says no
    │   ├── StageNotAccessible      Snowflake could not list the stage in the time allowed
    │   ├── TestsFailed             what dbt built is not as it must be
    │   └── ChecksFailed            what the doctor looked at cannot work
    └── SplitWindow         ask for both halves instead (one hour at the least)

Each carries its evidence in the message and says what to do; `docs/runbook.md` has a section for
each, named like the class.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta


class PipelineError(Exception):
    """`what` happened and why, in one or two sentences, and what to `do`."""

    def __init__(self, what: str, do: str = "", retry_after: timedelta | None = None) -> None:
        super().__init__(what, do, retry_after)
        self.what = what
        self.do = do
        self.retry_after = retry_after
        """The earliest time after which a retry makes sense; None: the usual backoff."""

    def redact(self, secrets: Iterable[str]) -> None:
        """Blackens the secrets in what the error says: a server may send back what it was sent."""
        for secret in filter(None, secrets):
            for written in (secret, repr(secret)[1:-1]):
                self.what = self.what.replace(written, "***")
        self.args = (self.what, *self.args[1:])

    def __str__(self) -> str:
        name = type(self).__name__
        advice = f" What to do: {self.do}" if self.do else ""
        return f"{self.what}{advice} (docs/runbook.md#{name.lower()})"


def excerpt(body: bytes, most: int) -> str:
    """What an answer begins with, for a message: at most so many bytes of it.

    Where it is cut, it goes without its last word, which may be half of a key: nothing would know
    it as one.
    """
    text = body[:most].decode("utf-8", "replace")
    return re.sub(r"[\w+/=-]+$", "", text, flags=re.ASCII) if len(body) >= most else text


class TryAgain(PipelineError):
    """A later attempt can succeed."""


class DoNotRetry(PipelineError):
    """A retry changes nothing."""


class SplitWindow(PipelineError):
    """The window holds more than one answer can carry."""


class AmplitudeUnavailable(TryAgain):
    """Amplitude did not answer, or not to the end."""


class HoursNotComplete(TryAgain):
    """An hour H is complete at Amplitude three hours after it began."""


class VolumeFull(TryAgain):
    """The shared volume has no room."""


class UnpackKilled(TryAgain):
    """An unpacking process died without an answer, usually for want of memory."""


class UploadFailed(TryAgain):
    """Some files did not reach S3; those that did are not sent again by a retry."""


class WarehouseUnavailable(TryAgain):
    """The warehouse did not finish; nothing was committed, or a re-run replaces what was."""


class RegistryUnavailable(TryAgain):
    """The registry of packages did not answer, or not to the end."""


class StackUnfinished(TryAgain):
    """CloudFormation is busy with the stack, or with itself."""


class ModelsFailed(TryAgain):
    """dbt could not build a model: a lost session, a lock, or a mistake in it."""


class DayInFuture(DoNotRetry):
    """The day lies in the future."""


class BadSetting(DoNotRetry):
    """A variable, parameter or connection that cannot work."""


class ExportRefused(DoNotRetry):
    """Amplitude, or what answered in its place, says no."""


class HourTooLarge(DoNotRetry):
    """One hour alone is more than the Export API hands out."""


class NotAnArchive(DoNotRetry):
    """A 200 whose body is not a zip."""


class EmptyArchive(NotAnArchive):
    """A zip without a single member; accepted as an empty window when it comes again."""


class ArchiveDamaged(DoNotRetry):
    """The bytes are not what their checksums say."""


class ArchiveRefused(DoNotRetry):
    """Names, sizes or methods that no export has."""


class InvalidEvent(DoNotRetry):
    """A line that is not one JSON object in UTF-8."""


class FileMissing(DoNotRetry):
    """What an earlier task left on the volume or in S3 is not there any more."""


class VolumeRefused(DoNotRetry):
    """The volume is missing, read-only or belongs to somebody else."""


class BucketRefused(DoNotRetry):
    """S3 or KMS says no."""


class WarehouseRefused(DoNotRetry):
    """The warehouse says no."""


class CountsDiffer(DoNotRetry):
    """Exported, copied and stored events are not the same number."""


class RegistryRefused(DoNotRetry):
    """The registry of packages says no, or sends another package than it promised."""


class NetworksRefused(DoNotRetry):
    """The package of IP networks is not what it must be."""


class StackRefused(DoNotRetry):
    """CloudFormation, or AWS behind it, says no."""


class StageNotAccessible(DoNotRetry):
    """Snowflake cannot list the stage: the trust between the accounts is not there."""


class TestsFailed(DoNotRetry):
    """A test of dbt found rows that must not be there; what reads them was not built."""

    # pytest would take it for a test.
    __test__ = False


class ChecksFailed(DoNotRetry):
    """A check of the doctor failed."""
