"""Write a notice: what happened to which day, why, and links to look further."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from urllib.parse import quote

from amplitude_export.failure import FailureRecord, page_url, runbook_url
from amplitude_export.ledger import DEFAULT_PROJECT
from amplitude_export.notices.run import DailyRun, Task

NAMED_TASKS = 3
LATE = "not-complete-by-the-deadline"
OTHER_ERRORS = "other-errors"
GAP = "gapnotconfirmed"


@dataclass(frozen=True)
class Notice:
    """One message, in the forms that the templates of a notifier can use.

    `links` are pairs of name and address. The lines can contain any text: they quote errors.
    `project` is the project's name, for templates.
    """

    subject: str
    lines: Sequence[str]
    links: Sequence[tuple[str, str]]
    project: str = DEFAULT_PROJECT

    @property
    def text(self) -> str:
        """Plain text, with the subject in the first line."""
        links = [f"{name}: {url}" for name, url in self.links]
        return "\n".join([self.subject, *self.lines, *links])

    @property
    def slack(self) -> str:
        """The text with Slack's three control characters escaped: no mentions, no hidden links."""
        return escape(self.text, quote=False)

    @property
    def html(self) -> str:
        """The same as HTML without the subject, for a message with a subject of its own."""
        lines = [escape(line) for line in self.lines]
        links = [f"{escape(name)}: {_anchor(url)}" for name, url in self.links]
        return "".join(f"<p>{line}</p>\n" for line in [*lines, "<br>\n".join(links)])


@dataclass(frozen=True)
class Findings:
    """The facts about a run: its urgent tasks, the failure of the first, whether the day is loaded.

    `base_url` is the address of Airflow's UI, without a slash at the end.
    """

    run: DailyRun
    tasks: Sequence[Task]
    failure: FailureRecord | None
    loaded: bool
    base_url: str

    def not_loaded(self) -> Notice:
        """Return the notice of a failed run."""
        what = "loaded, but the run failed" if self.loaded else "not loaded"
        if self.run.is_second_look:
            what = "second look failed"
        why = "no reason was recorded: see the log; perhaps the worker died."
        return self._notice(what, f"{self._run} failed.", why, OTHER_ERRORS)

    def not_complete(self, deadline: datetime) -> Notice:
        """Return the notice of a run that had not ended at its deadline."""
        by = f"{deadline.astimezone(UTC):%H:%M} UTC"
        what = f"loaded, but not complete by {by}" if self.loaded else f"not complete by {by}"
        why = "no error so far; the task's log shows what it waits for."
        if not self.tasks:
            why = "no task has started; the run waits for other runs, or the scheduler is busy."
        state = "has failed since" if self.run.state == "failed" else f"is {self.run.state}"
        return self._notice(what, f"{self._run} {state}.", why, LATE)

    def without_events(self, hours: Sequence[int]) -> Notice:
        """Return the notice of a loaded day without events in hours that usually have some."""
        named = ", ".join(f"{hour:02}" for hour in hours)
        lines = [
            f"{self._run} loaded the day. In earlier weeks these hours (UTC) had events, and now "
            f"several responses of Amplitude had none: {named}.",
            "If there were events, find out why Amplitude does not have them. When it does, clear "
            "plan_windows of the run, with everything downstream.",
        ]
        what = f"loaded, {len(hours)} usual {'hour' if len(hours) == 1 else 'hours'} without events"
        return self._linked(what, lines, GAP)

    def _notice(self, what: str, status: str, why: str, section: str) -> Notice:
        why = self.failure.message if self.failure else why
        section = self.failure.runbook if self.failure else section
        unchanged = "AMPLITUDE_RAW holds the day as it was before the run."
        data = "The day is loaded." if self.loaded else unchanged
        if self.run.is_second_look:
            data = "Unless its load is green, each day is as it was before the run."
        lines = [f"{status} {data}", *self._named_tasks, f"Why: {why}"]
        return self._linked(what, lines, section)

    def _linked(self, what: str, lines: Sequence[str], section: str) -> Notice:
        project = self.run.project
        links = [
            ("All days", page_url(self.base_url, project)),
            ("Task" if self.tasks else "Run", self._url),
            ("Runbook", runbook_url(self.base_url, section)),
        ]
        name = f"Amplitude {'' if project == DEFAULT_PROJECT else f'{project} '}"
        return Notice(f"{name}{self.run.day or self.run.run_id}: {what}", lines, links, project)

    @property
    def _run(self) -> str:
        """The beginning of the first line; other projects than `default` are named."""
        project = self.run.project
        return f"The run {self.run.run_id}" + (
            "" if project == DEFAULT_PROJECT else f" of the project {project}"
        )

    @property
    def _named_tasks(self) -> list[str]:
        named = ", ".join(f"{task.name} ({task.state})" for task in self.tasks[:NAMED_TASKS])
        more = len(self.tasks) - NAMED_TASKS
        return [f"Tasks: {named}{f' and {more} more' if more > 0 else ''}"] if named else []

    @property
    def _url(self) -> str:
        """The page of the most urgent task, or of the run."""
        run = f"{self.base_url}/dags/{self.run.dag_id}/runs/{quote(self.run.run_id, safe='')}"
        if not self.tasks:
            return run
        first = self.tasks[0]
        mapped = f"/mapped/{first.map_index}" if first.map_index >= 0 else ""
        return f"{run}/tasks/{first.task_id}{mapped}"


def _anchor(url: str) -> str:
    url = escape(url)
    return f'<a href="{url}">{url}</a>' if url.startswith("http") else url
