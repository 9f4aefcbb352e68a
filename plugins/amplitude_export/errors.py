"""The errors of the pipeline, named for what to do about them.

    PipelineError
    ├── TryAgain            a later attempt can succeed: Airflow retries with backoff
    │   ├── AmplitudeUnavailable    refused, reset, cut short, 5xx, 429, too slow
    │   ├── NotAmplitude            a 404 of another server: a gateway, a proxy, another path
    │   ├── NotAnArchive            a 200 whose body is not a zip
    │   ├── DownloadDamaged         the archive does not have its checksums
    │   ├── GapNotConfirmed         an hour that usually has events came without any
    │   ├── HoursNotComplete        Amplitude has not finished these hours yet
    │   ├── VolumeFull              no room for the archive or its JSON
    │   ├── UnpackKilled            an unpacking process died without a result
    │   ├── UploadFailed            S3 did not take every file
    │   ├── WarehouseUnavailable    no response, a lock, a timeout, a lost session
    │   ├── RegistryUnavailable     the package registry did not respond, or not to the end
    │   ├── StackUnfinished         CloudFormation is busy with the set-up's stack
    │   └── ModelsFailed            dbt could not build a model; a re-run continues from there
    ├── DoNotRetry          a retry changes nothing: fail at once, a person is needed
    │   ├── DayInFuture             the day has not begun
    │   ├── LogicalDateRefused      a time at which no UTC day begins
    │   ├── BadSetting              a Variable or connection that cannot work, no include/
    │   ├── ExportRefused           400, 401, 403, a redirect, a certificate
    │   ├── HourTooLarge            one hour alone exceeds the Export API's limit
    │   ├── ArchiveDamaged          the stored archive is another one, or its streams are broken
    │   ├── ArchiveRefused          names, sizes or methods that no export has
    │   ├── InvalidEvent            a line that is not one JSON object, or that Snowflake refuses
    │   ├── FileMissing             a file of an earlier task was removed
    │   ├── RecordInvalid           a task's result, manifest or event that cannot be read
    │   ├── VolumeRefused           the volume is missing, read-only or belongs to another user
    │   ├── BucketRefused           S3 or KMS refuses
    │   ├── WarehouseRefused        login, privileges, missing objects, data it rejects
    │   ├── CountsDiffer            exported, copied and stored events are not the same number
    │   ├── AnotherProject          the files are of another project than the days that are loaded
    │   ├── FewerEvents             a loaded day would lose an hour, or more than 1 % of its events
    │   ├── OlderExport             a newer export of the day is loaded
    │   ├── RegistryRefused         the registry refuses, or sends another package than announced
    │   ├── NetworksRefused         the package of IP networks does not have its documented form
    │   ├── StackRefused            CloudFormation, or AWS behind it, refuses
    │   ├── StageNotAccessible      Snowflake could not list the stage in the time allowed
    │   ├── TestsFailed             a test of dbt found rows that must not exist
    │   └── ChecksFailed            a check of the doctor failed
    └── SplitWindow         request both halves instead (down to one hour)

The message of each has its evidence and what to do; `docs/runbook.md` has a section for each, named
like the class. Where an error is shown (log, notice, page), a link to its section stands beside it.
"""

from __future__ import annotations

from datetime import timedelta


class PipelineError(Exception):
    """`what` happened and why, in one or two sentences, and what to `do`.

    `retry_after` is the earliest time after which a retry makes sense; None means the usual
    backoff.
    """

    def __init__(self, what: str, do: str = "", retry_after: timedelta | None = None) -> None:
        # Names of files and foreign JSON can have half of a surrogate pair, which no log can hold:
        # Airflow's own report of the failure would fail.
        what, do = (text.encode("utf-8", "backslashreplace").decode() for text in (what, do))
        # All of them as args: pickle makes an exception again from its args.
        super().__init__(what, do, retry_after)
        self.what = what
        self.do = do
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.what} What to do: {self.do}" if self.do else self.what


class TryAgain(PipelineError):
    """A later attempt can succeed."""


class DoNotRetry(PipelineError):
    """A retry changes nothing."""


class SplitWindow(PipelineError):
    """The window holds more than one response can carry."""


class AmplitudeUnavailable(TryAgain):
    """Amplitude did not respond, or not to the end."""


class NotAmplitude(TryAgain):
    """Another server responded in Amplitude's place: its 404 is not about events."""


class NotAnArchive(TryAgain):
    """The body of a 200 is not a zip."""


class DownloadDamaged(TryAgain):
    """The archive that arrived does not have its checksums."""


class GapNotConfirmed(TryAgain):
    """Hours that usually have events came without any, and too few responses say so."""


class HoursNotComplete(TryAgain):
    """An hour H is complete at Amplitude three hours after it began."""


class VolumeFull(TryAgain):
    """The shared volume has no room."""


class UnpackKilled(TryAgain):
    """An unpacking process died without a result, usually for lack of memory."""


class UploadFailed(TryAgain):
    """Some files did not reach S3; a retry does not send again those that did."""


class WarehouseUnavailable(TryAgain):
    """The warehouse did not finish; nothing was committed, or a re-run replaces what was."""


class RegistryUnavailable(TryAgain):
    """The package registry did not respond, or not to the end."""


class StackUnfinished(TryAgain):
    """CloudFormation is busy with the stack, or with itself."""


class ModelsFailed(TryAgain):
    """dbt could not build a model: a lost session, a lock, or a mistake in it."""


class DayInFuture(DoNotRetry):
    """The day has not begun."""


class LogicalDateRefused(DoNotRetry):
    """No UTC day begins at the run's logical date."""


class BadSetting(DoNotRetry):
    """A Variable, parameter or connection cannot work, or `include/` is not beside `plugins/`."""


class ExportRefused(DoNotRetry):
    """Amplitude, or another server that responded in its place, refuses."""


class HourTooLarge(DoNotRetry):
    """One hour alone is more than the Export API returns."""


class ArchiveDamaged(DoNotRetry):
    """The bytes of a stored archive do not have their checksums."""


class ArchiveRefused(DoNotRetry):
    """The archive has names, sizes or methods that no export has."""


class InvalidEvent(DoNotRetry):
    """A line is not one JSON object in UTF-8, or Snowflake refuses it."""


class FileMissing(DoNotRetry):
    """A file that an earlier task wrote to the volume or to S3 was removed."""


class RecordInvalid(DoNotRetry):
    """A task's result, a manifest or an asset event does not have the form of its record."""


class VolumeRefused(DoNotRetry):
    """The volume is missing, read-only or belongs to another user."""


class BucketRefused(DoNotRetry):
    """S3 or KMS refuses."""


class WarehouseRefused(DoNotRetry):
    """The warehouse refuses."""


class CountsDiffer(DoNotRetry):
    """Exported, copied and stored events are not the same number."""


class AnotherProject(DoNotRetry):
    """The day's files are of another Amplitude project than the days that are loaded, or of two."""


class FewerEvents(DoNotRetry):
    """The export has fewer events of the day than are loaded, and no person has accepted that."""


class OlderExport(DoNotRetry):
    """Another run has loaded the day from a newer export."""


class RegistryRefused(DoNotRetry):
    """The package registry refuses, or sends another package than it announced."""


class NetworksRefused(DoNotRetry):
    """The package of IP networks does not have its documented form."""


class StackRefused(DoNotRetry):
    """CloudFormation, or AWS behind it, refuses."""


class StageNotAccessible(DoNotRetry):
    """Snowflake cannot list the stage: the trust between the accounts is missing."""


class TestsFailed(DoNotRetry):
    """A test of dbt found rows that must not exist; what reads them was not built."""

    # pytest would take it for a test.
    __test__ = False


class ChecksFailed(DoNotRetry):
    """A check of the doctor failed."""
