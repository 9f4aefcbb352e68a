"""docker-compose.celery.yaml without Docker: the same commands and environment, as processes.

This module creates what a container provides: the image's files, the network's names, ports, a
hostname of its own, and, if this user can mount, a read-only root with the service's volumes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from local.launcher.ports import free_port
from local.launcher.processes import Service, spawn
from tests.deploy.compose import ROOT

AIRFLOW = [sys.executable, "-m", "airflow"]
# The COPY lines of the Dockerfile.
IMAGE = ("LICENSE", "NOTICE", "dags", "docs/runbook.md", "include", "plugins")
# Volumes of the compose file, which are folders of /opt/airflow.
VOLUMES = ("data", "logs")
# These shorten the run to a minute or two; docker-compose.celery.yaml sets none of them.
PACE = {
    "AIRFLOW__API__WORKERS": "1",
    "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "1",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "2",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "30",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE": "False",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "2",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
}


@dataclass
class Containers:
    """The services of a compose file on this machine; `home` is /opt/airflow for all of them.

    `places` maps the addresses and paths in the file to those on this machine.
    """

    services: Mapping[str, dict[str, Any]]
    home: Path
    places: Mapping[str, str]
    started: list[Service] = field(default_factory=list)

    @property
    def airflow_services(self) -> set[str]:
        """Return the services that are built from the Dockerfile."""
        return {name for name, service in self.services.items() if "build" in service}

    def build(self) -> None:
        """Create the image's files and the volumes."""
        for name in IMAGE:
            copy = self.home / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).is_file():
                shutil.copy(ROOT / name, copy)
            else:
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / name, copy, ignore=ignored)
        for name in (*VOLUMES, "tmp"):
            (self.home / name).mkdir()

    def environment(self, service: str, hostname: str) -> dict[str, str]:
        """Return the environment of the service's processes."""
        given = self.services[service]["environment"]
        ours = {name: self._here(str(value)) for name, value in given.items()}
        return {**_outside(), **PACE, **ours, **self._alone(hostname)}

    def _here(self, text: str) -> str:
        for there, here in self.places.items():
            text = text.replace(there, here)
        return text

    def _alone(self, hostname: str) -> dict[str, str]:
        """Return the variables that differ between containers."""
        url = self.places["api-server:8080"]
        return {
            "AIRFLOW_CONFIG": f"{self.home / 'tmp' / hostname}.cfg",
            "AIRFLOW_HOME": f"{self.home}",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": url.rpartition(":")[2],
            "AIRFLOW__CORE__HOSTNAME_CALLABLE": "tests.celery.hostname.of_container",
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": f"{free_port()}",
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": f"{free_port()}",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": (
                self.places["localhost:8974"].rpartition(":")[2]
            ),
            "HOSTNAME": hostname,
            "PYTHONPATH": f"{ROOT}",
        }

    def start(self, service: str, *options: str, hostname: str = "") -> Service:
        """Start one more container of the service."""
        hostname = hostname or service
        command = [*AIRFLOW, *self.services[service]["command"].split(), *options]
        command = [*self._read_only_root(service), *command]
        log, env = self.home / f"{hostname}.log", self.environment(service, hostname)
        self.started.append(spawn(hostname, command, log, env, self.home))
        return self.started[-1]

    def start_worker(self, hostname: str) -> Service:
        """Start a worker with a hostname; otherwise Celery takes the machine's."""
        return self.start("worker", "--celery-hostname", hostname, hostname=hostname)

    def run(self, service: str) -> None:
        """Run a service to its end, which must be a success."""
        done = subprocess.run(
            [*self._read_only_root(service), *self.services[service]["command"]],
            env=self.environment(service, service),
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            # Without a terminal, as in a container.
            start_new_session=True,
        )
        assert done.returncode == 0, done.stdout

    def _read_only_root(self, service: str) -> list[str]:
        """Return what starts a command with the service's own view of `home`, if that can be."""
        if not _can_mount():
            return []
        assert self.services[service]["read_only"]
        given = self.services[service].get("volumes", [])
        mode = {v.split(":")[0]: v.endswith(":ro") for v in given}
        seen = {f"{self.home / name}": mode[name] for name in VOLUMES if name in mode}
        hidden = [f"{self.home / name}" for name in VOLUMES if name not in mode]
        seen[f"{self.home / 'tmp'}"] = False
        script = [
            *(f"mount --bind {path} {path}" for path in [f"{self.home}", *seen]),
            *(f"mount -t tmpfs none {path}" for path in hidden),
            *(
                f"mount -o remount,bind,ro {path}"
                for path in [f"{self.home}", *(path for path, ro in seen.items() if ro), *hidden]
            ),
            'exec "$@"',
        ]
        return ["unshare", "--mount", "sh", "-ec", "\n".join(script), "sh"]

    def health(self, service: str, hostname: str = "") -> subprocess.CompletedProcess[str]:
        """Run the service's own health check."""
        kind, *words = self.services[service]["healthcheck"]["test"]
        words = [self._here(word) for word in words]
        command = ["sh", "-c", *words] if kind == "CMD-SHELL" else words
        env = self.environment(service, hostname or service)
        return subprocess.run(command, env=env, cwd=self.home, capture_output=True, text=True)


@cache
def _can_mount() -> bool:
    program = shutil.which("unshare")
    return bool(program) and not subprocess.run([f"{program}", "--mount", "true"]).returncode


def _outside() -> dict[str, str]:
    """Return this process's environment without the variables of Airflow and AWS."""
    ours = {n: v for n, v in os.environ.items() if not n.startswith(("AIRFLOW_", "AWS_"))}
    return {**ours, "PATH": os.pathsep.join([f"{Path(sys.executable).parent}", ours["PATH"]])}
