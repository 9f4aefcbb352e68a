"""Postgres and Redis from Debian's packages, on free loopback ports, with data in a folder."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2

from local.launcher.ports import on_free_port
from local.launcher.processes import Service, spawn, wait_until

SECONDS = 60


def missing() -> list[str]:
    """Return the packages that are not installed."""
    programs = {"postgresql": _postgres("postgres"), "redis-server": shutil.which("redis-server")}
    return [package for package, program in programs.items() if program is None]


def _postgres(program: str) -> str | None:
    """Return the path of a program of the server: Debian has a folder per version, not on PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return shutil.which(program, path=os.pathsep.join(map(str, folders)))


def start_postgres(folder: Path, environment: Mapping[str, str]) -> tuple[Service, int]:
    """Start a new cluster with the image's user, password and database; return its port as well."""
    user, password = environment["POSTGRES_USER"], environment["POSTGRES_PASSWORD"]
    data, secret = folder / "data", folder / "password"
    secret.write_text(password)
    command = [_postgres("initdb"), "--no-sync", "--auth=scram-sha-256", f"--pgdata={data}"]
    command += [f"--username={user}", f"--pwfile={secret}"]
    subprocess.run(_unprivileged(command, folder), check=True, capture_output=True)
    login = {"host": "127.0.0.1", "user": user, "password": password}
    service, port = on_free_port(lambda port: _serve_postgres(port, folder, login))
    with closing(psycopg2.connect(dbname="postgres", port=port, **login)) as connection:
        connection.autocommit = True
        connection.cursor().execute(f"create database {environment['POSTGRES_DB']}")
    return service, port


def _serve_postgres(port: int, folder: Path, login: Mapping[str, str]) -> tuple[Service, int]:
    options = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
    options |= {"fsync": "off"}
    command = [_postgres("postgres"), "-D", f"{folder / 'data'}"]
    command += [f"--{name}={value}" for name, value in options.items()]
    log = folder / "postgres.log"
    service = spawn("postgres", _unprivileged(command, folder), log, os.environ, folder)
    wait_until(lambda: _accepts_login({**login, "port": port}), [service], "Postgres", SECONDS)
    return service, port


def _unprivileged(command: list[str], folder: Path) -> list[str]:
    """Return the command for the user of Debian's package: Postgres refuses to run as root."""
    if os.getuid() != 0:
        return command
    for path in (folder, *folder.iterdir()):
        shutil.chown(path, "postgres", "postgres")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]


def _accepts_login(address: Mapping[str, object]) -> str | None:
    try:
        psycopg2.connect(dbname="postgres", **address).close()
    except psycopg2.OperationalError:
        return None
    return "yes"


def start_redis(folder: Path, service: Mapping[str, Any]) -> tuple[Service, int]:
    """Start Redis by the command of the compose file, and return its port as well."""
    return on_free_port(lambda port: _serve_redis(port, folder, service))


def _serve_redis(port: int, folder: Path, service: Mapping[str, Any]) -> tuple[Service, int]:
    program, option, script = service["command"]
    here = f"redis-server - --bind 127.0.0.1 --port {port} --dir {folder} "
    command = [program, option, script.replace("redis-server - ", here)]
    environment = {**os.environ, **service["environment"]}
    redis = spawn("redis", command, folder / "redis.log", environment, folder)

    def ready() -> str | None:
        return "yes" if "Ready to accept connections" in Path(redis.log).read_text() else None

    wait_until(ready, [redis], "Redis", SECONDS)
    return redis, port
