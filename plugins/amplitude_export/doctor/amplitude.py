"""Check that Amplitude accepts the keys of each project, and that its clock is this machine's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256

from amplitude_export.doctor import clock
from amplitude_export.doctor.runner import CheckRunner, DependsOn, Fault, Skipped
from amplitude_export.errors import BadSetting
from amplitude_export.ledger import DEFAULT_PROJECT
from amplitude_export.projects import Project, read_config

Probe = Callable[[Project], tuple[str, datetime | None]]
"""Returns the host that accepted the project's keys and its time, or raises a PipelineError."""
ApiKey = Callable[[Project], str | None]
"""Returns the API key of the project's connection, or None if there is none."""

CREDENTIALS = "amplitude.credentials"
# A hundred projects whose host does not respond take four times as long as one of them.
AT_ONCE = 32


@dataclass(frozen=True)
class Response:
    """The host that accepted the keys, its time if it sent one, and this machine's time."""

    host: str
    theirs: datetime | None
    ours: datetime


def readable_projects() -> list[Project]:
    """Return the deployment's projects; none if `code.projects` fails because of their file."""
    try:
        return read_config().projects
    except BadSetting:
        return []


class Amplitude:
    """The checks of the projects' keys: one request each, side by side, and one clock.

    Without projects they are skipped: their file cannot be read.
    """

    def __init__(self, projects: Sequence[Project], probe: Probe, api_key: ApiKey) -> None:
        self._projects = projects
        self._probe = probe
        self._api_key = api_key
        self._accepted: list[Response] = []

    def check(self, runner: CheckRunner) -> None:
        """Run `amplitude.credentials[<project>]`, `amplitude.keys` and `amplitude.clock`."""
        if not self._projects:
            runner.run(CREDENTIALS, _needs_projects)
            return
        with ThreadPoolExecutor(AT_ONCE) as pool:
            asked = {each.name: pool.submit(self._ask, each) for each in self._projects}
        for name, response in asked.items():
            runner.run(credentials(name), partial(self._credentials, name, response))
        if len(self._projects) > 1:
            runner.run("amplitude.keys", self._keys)
        runner.run("amplitude.clock", self._clock)

    def _ask(self, project: Project) -> Response:
        host, theirs = self._probe(project)
        return Response(host, theirs, clock.now())

    def _credentials(self, project: str, asked: Future[Response]) -> str:
        response = asked.result()
        self._accepted.append(response)
        several = f" of {project}" if len(self._projects) > 1 else ""
        return f"{response.host} accepts the keys{several}"

    def _keys(self) -> str:
        """Compare digests, so that no message can show a key."""
        same = defaultdict(list)
        for project in self._projects:
            if key := self._api_key(project):
                same[sha256(key.encode()).digest()].append(project)
        doubled = [each for each in same.values() if len(each) > 1]
        if doubled:
            names = "; ".join(" and ".join(p.name for p in each) for each in doubled)
            connections = ", ".join(project.conn_id for each in doubled for project in each)
            raise Fault(
                f"these projects have the same API key: {names}",
                "put each project's own keys into its connection, or remove a project from the "
                f"file of projects; the connections are {connections}.",
            )
        return f"{sum(map(len, same.values()))} projects have keys of their own"

    def _clock(self) -> str:
        if not self._accepted:
            raise DependsOn(credentials(self._projects[0].name))
        times = [(each.ours, each.theirs) for each in self._accepted if each.theirs]
        if not times:
            raise Skipped("Amplitude's response has no Date header")
        return clock.compare(*times[0], "Amplitude's")


def _needs_projects() -> str:
    raise DependsOn("code.projects")


def credentials(project: str) -> str:
    """Return the name of the check of the project's keys; that of `default` is older.

    >>> credentials("default"), credentials("app")
    ('amplitude.credentials', 'amplitude.credentials[app]')
    """
    return CREDENTIALS if project == DEFAULT_PROJECT else f"{CREDENTIALS}[{project}]"
