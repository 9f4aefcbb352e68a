"""Rules that both compose files obey."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from dotenv import dotenv_values

from local.launcher.scheduler import TASKS_IMPORT
from tests.deploy.compose import CELERY, ONE_HOST, ROOT, Missing, read

FILES = pytest.mark.parametrize("file", [ONE_HOST, CELERY], ids=lambda file: file.name)
DATA_DIR = "/opt/airflow/data"
ADMINS = {"AIRFLOW_CONN_AWS_ADMIN", "AIRFLOW_CONN_SNOWFLAKE_ADMIN"}
# Names of variables that hold a secret.
SECRET = re.compile(r"PASSWORD|SECRET|FERNET|_CONN_")
# Of Compose, not of a shell in a container (`$${…}`).
REFERENCE = re.compile(r"(?<!\$)\$\{(\w+)(:[-?])?")

Services = dict[str, dict[str, Any]]


def references(*files: Path) -> set[tuple[str, str]]:
    """Return the variables of .env that the files use; `:?` has no default, `:-` has one."""
    return {pair for file in files for pair in REFERENCE.findall(file.read_text())}


REQUIRED = sorted({name for name, act in references(ONE_HOST, CELERY) if act == ":?"})
ENVIRON = {name: f"made-up-{name}" for name in REQUIRED}


def built(services: Services) -> Services:
    """Return Airflow's services: those that are built from the Dockerfile."""
    return {name: service for name, service in services.items() if "build" in service}


@FILES
def test_no_secret_has_a_default(file: Path) -> None:
    """Each comes from .env, or Compose refuses to start."""
    acts = {act for name, act in references(file) if SECRET.search(name)}
    assert acts == {":?"}


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_value_is_named(name: str) -> None:
    """An empty value in .env counts as missing, too."""
    with pytest.raises(Missing, match=f"{name}: see .env.example"):
        read(CELERY, {**ENVIRON, name: ""})


def test_the_example_names_every_variable_of_the_files() -> None:
    """A copy of .env.example, filled in, is enough."""
    taken = {name for name, _ in references(ONE_HOST, CELERY)}
    assert taken <= dotenv_values(ROOT / ".env.example").keys()


@FILES
def test_every_setting_of_the_example_reaches_every_component(file: Path) -> None:
    """A Variable or connection that the files forget would be ignored in silence."""
    example = (ROOT / ".env.example").read_text()
    names = set(re.findall(r"^#? ?(AIRFLOW_(?:VAR|CONN)_\w+)=", example, re.MULTILINE))
    assert len(names) >= 12
    for service in built(read(file, {**dict.fromkeys(names, "{}"), **ENVIRON})).values():
        assert names <= service["environment"].keys()


@FILES
def test_an_unset_administrator_is_not_a_connection(file: Path) -> None:
    """An empty variable would be a connection; a set one reaches every service."""
    for service in built(read(file, ENVIRON)).values():
        assert not ADMINS & service["environment"].keys()
    given = dict.fromkeys(ADMINS, '{"conn_type": "aws"}')
    for service in built(read(file, {**ENVIRON, **given})).values():
        assert given.items() <= service["environment"].items()


@FILES
def test_all_of_airflow_has_one_environment(file: Path) -> None:
    """It has the keys, addresses and connections; only `init` has the first user's password."""
    services = built(read(file, ENVIRON))
    shared = services["scheduler"]["environment"]
    for name, service in services.items():
        own = dict(service["environment"].items() - shared.items())
        assert shared.items() <= service["environment"].items()
        assert all(key.startswith("_AIRFLOW_") for key in own) or name == "worker", own
    assert shared["AIRFLOW_VAR_AMPLITUDE_DATA_DIR"] == DATA_DIR


@FILES
def test_all_of_airflow_reads_one_file_of_projects(file: Path) -> None:
    """It is in the one image; .env can name another file there."""
    assert "!include" in (ROOT / ".dockerignore").read_text().splitlines()
    for given in ("", "include/test.yaml"):
        services = built(read(file, {**ENVIRON, "AMPLITUDE_CONFIG": given})).values()
        assert {service["image"] for service in services} == {"amplitude-to-snowflake"}
        assert {service["environment"]["AMPLITUDE_CONFIG"] for service in services} == {given}


@FILES
def test_tasks_share_the_data_and_their_logs(file: Path) -> None:
    """They are on volumes, which outlive a container; the UI reads the same logs."""
    for service in built(read(file, ENVIRON)).values():
        mounts = dict(volume.split(":")[:2] for volume in service["volumes"])
        assert mounts == {"data": DATA_DIR, "logs": "/opt/airflow/logs"}


@FILES
def test_only_the_api_server_is_reachable_from_outside(file: Path) -> None:
    """It is reachable only from this host."""
    published = {n: s["ports"] for n, s in read(file, ENVIRON).items() if "ports" in s}
    assert published == {"api-server": ["127.0.0.1:8080:8080"]}


@FILES
def test_long_running_services_have_a_health_check_and_restart(file: Path) -> None:
    """They restart unless they were stopped on purpose."""
    services = read(file, ENVIRON)
    once = services.pop("init")
    assert once["restart"] == "no"
    checks = [json.dumps(service["healthcheck"]["test"]) for service in services.values()]
    assert len(set(checks)) == len(services)
    assert {service["restart"] for service in services.values()} == {"unless-stopped"}


@FILES
def test_volumes_and_secrets_of_services_are_declared(file: Path) -> None:
    """`extends` copies a service's references to them, not the declarations."""
    document = yaml.safe_load(file.read_text())
    services = read(file, ENVIRON).values()
    volumes = {volume.split(":")[0] for s in services for volume in s.get("volumes", [])}
    secrets = {secret for s in services for secret in s.get("secrets", [])}
    assert (volumes, secrets) == (set(document["volumes"]), set(document["secrets"]))


def test_celery_adds_a_broker_and_workers() -> None:
    """All other services have the same commands and health checks."""
    one_host, celery = read(ONE_HOST, ENVIRON), read(CELERY, ENVIRON)
    assert celery.keys() - one_host.keys() == {"redis", "worker"}
    for name, service in one_host.items():
        for key in ("image", "command", "healthcheck"):
            assert celery[name].get(key) == service.get(key)


def test_a_worker_imports_the_tasks_libraries_once() -> None:
    """It preloads the same modules as the local stack's scheduler."""
    config = read(CELERY, ENVIRON)["worker"]["environment"]["AIRFLOW__CELERY__EXTRA_CELERY_CONFIG"]
    assert json.loads(config) == {"imports": list(TASKS_IMPORT)}


def test_a_worker_that_stops_lets_its_tasks_end() -> None:
    """Only the worker gets the signal, and Docker waits; the broker waits longer than tasks."""
    worker = read(CELERY, ENVIRON)["worker"]
    assert worker["environment"]["DUMB_INIT_SETSID"] == "0"
    assert worker["stop_grace_period"] == "30m"
