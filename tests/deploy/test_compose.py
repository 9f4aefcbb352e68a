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


# Everything below is by name of a service. The tasks run in the scheduler, or in the workers.
TASKS = {ONE_HOST: "scheduler", CELERY: "worker"}
NOTICES = {
    "AIRFLOW_CONN_SLACK_DEFAULT",
    "AIRFLOW_CONN_SMTP_DEFAULT",
    "AIRFLOW_VAR_AMPLITUDE_NOTICES",
}
METADATA = {"FERNET_KEY", "POSTGRES_PASSWORD"}
CONNECTIONS = {
    "AIRFLOW_CONN_AMPLITUDE_DEFAULT",
    "AIRFLOW_CONN_AWS_DEFAULT",
    "AIRFLOW_CONN_NPM_DEFAULT",
    "AIRFLOW_CONN_SNOWFLAKE_DEFAULT",
    *ADMINS,
}
SECRETS_OF = {
    "postgres": {"POSTGRES_PASSWORD"},
    "redis": {"REDIS_PASSWORD"},
    "volumes": set(),
    "init": METADATA | {"AIRFLOW_ADMIN_PASSWORD"},
    "api-server": METADATA | {"JWT_SECRET", "API_SECRET_KEY"},
    "dag-processor": METADATA | NOTICES,
    "triggerer": METADATA | NOTICES,
}
SCHEDULER = METADATA | {"JWT_SECRET"}
EXECUTORS = {
    ONE_HOST: {"scheduler": SCHEDULER | CONNECTIONS},
    CELERY: {
        "scheduler": SCHEDULER | {"REDIS_PASSWORD"},
        "worker": CONNECTIONS | {"REDIS_PASSWORD"},
    },
}
LOGS, DATA = "logs:/opt/airflow/logs", f"data:{DATA_DIR}"
MOUNTS = {
    "volumes": {DATA, LOGS},
    "init": set(),
    "api-server": {f"{DATA}:ro", f"{LOGS}:ro"},
    "dag-processor": {LOGS},
    "triggerer": {LOGS},
}


@FILES
def test_each_service_has_the_secrets_that_it_uses(file: Path) -> None:
    """No task's connection reaches the api-server, no key of Airflow a worker."""
    known = {**ENVIRON, **{name: f"made-up-{name}" for name in CONNECTIONS | NOTICES}}
    found = {
        name: {
            secret
            for secret in known
            if (SECRET.search(secret) or secret in NOTICES)
            and re.search(rf"{known[secret]}\b", json.dumps(service.get("environment", {})))
        }
        for name, service in read(file, known).items()
    }
    wanted = {**SECRETS_OF, **EXECUTORS[file]}
    assert found == {name: wanted[name] for name in found}


@FILES
def test_a_service_mounts_what_it_reads_or_writes(file: Path) -> None:
    """Tasks share the data; logs outlive a container; the api-server changes neither."""
    tasks = TASKS[file]
    wanted = {**MOUNTS, "scheduler": {LOGS}} | {tasks: {DATA, LOGS}}
    services = built(read(file, ENVIRON))
    assert {name: set(s.get("volumes", [])) for name, s in services.items()} == wanted
    assert {name for name, s in services.items() if "secrets" in s} == {tasks}


@FILES
def test_every_setting_of_the_example_reaches_who_uses_it(file: Path) -> None:
    """A Variable or connection that the files forget would be ignored in silence."""
    example = (ROOT / ".env.example").read_text()
    names = set(re.findall(r"^#? ?(AIRFLOW_(?:VAR|CONN)_\w+)=", example, re.MULTILINE))
    assert len(names) >= 14
    services = read(file, {**dict.fromkeys(names, "{}"), **ENVIRON})
    assert names - NOTICES <= services[TASKS[file]]["environment"].keys()
    for name in ("dag-processor", "triggerer"):
        assert names & NOTICES <= services[name]["environment"].keys()


def test_tasks_have_the_same_settings_by_either_file() -> None:
    """The list stands in both files, because a worker extends no service."""
    given = {**ENVIRON, **dict.fromkeys(ADMINS, "{}")}
    kinds = ("AIRFLOW_CONN_", "AIRFLOW_VAR_", "SNOWFLAKE_")
    one_host, celery = (
        {
            name: value
            for name, value in read(file, given)[TASKS[file]]["environment"].items()
            if name.startswith(kinds)
        }
        for file in (ONE_HOST, CELERY)
    )
    assert one_host == celery


@FILES
def test_an_unset_administrator_is_not_a_connection(file: Path) -> None:
    """An empty variable would be a connection; a set one reaches the tasks."""
    for service in built(read(file, ENVIRON)).values():
        assert not ADMINS & service.get("environment", {}).keys()
    given = dict.fromkeys(ADMINS, '{"conn_type": "aws"}')
    tasks = read(file, {**ENVIRON, **given})[TASKS[file]]
    assert given.items() <= tasks["environment"].items()


@FILES
def test_a_container_has_no_right_that_it_does_not_need(file: Path) -> None:
    """No capability, no way to gain one, and a read-only root; only `volumes` can change owners."""
    services = read(file, ENVIRON)
    for service in services.values():
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["read_only"] is True
    roots = {name for name, s in services.items() if s["user"].split(":")[0] in ("0", "root")}
    assert roots == {name for name, s in services.items() if "cap_add" in s} == {"volumes"}
    assert services["volumes"]["network_mode"] == "none"


@FILES
def test_all_of_airflow_reads_one_file_of_projects(file: Path) -> None:
    """It is in the one image; .env can name another file there."""
    assert "!include" in (ROOT / ".dockerignore").read_text().splitlines()
    for given in ("", "include/test.yaml"):
        services = built(read(file, {**ENVIRON, "AMPLITUDE_CONFIG": given})).values()
        assert {service["image"] for service in services} == {"amplitude-to-snowflake"}
        found = {s["environment"]["AMPLITUDE_CONFIG"] for s in services if s.get("environment")}
        assert found == {given}


@FILES
def test_no_secret_is_on_a_command_line(file: Path) -> None:
    """Each user of the host sees them."""
    for service in read(file, ENVIRON).values():
        commands = [service.get(key) for key in ("command", "entrypoint", "healthcheck")]
        assert "made-up" not in json.dumps(commands)
        assert "--password" not in json.dumps(commands)


@FILES
def test_only_the_api_server_is_reachable_from_outside(file: Path) -> None:
    """It is reachable only from this host."""
    published = {n: s["ports"] for n, s in read(file, ENVIRON).items() if "ports" in s}
    assert published == {"api-server": ["127.0.0.1:8080:8080"]}


@FILES
def test_long_running_services_have_a_health_check_and_restart(file: Path) -> None:
    """They restart unless they were stopped on purpose."""
    services = read(file, ENVIRON)
    assert {services.pop(name)["restart"] for name in ("init", "volumes")} == {"no"}
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
