"""A compose file as `docker compose` reads it, as far as this project's files go.

Merges (`<<`) are YAML's; here are `extends` with a file, and `${…}` by the compose specification.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
ONE_HOST = ROOT / "docker-compose.yaml"
CELERY = ROOT / "docker-compose.celery.yaml"

_REFERENCE = re.compile(r"\$(?:(\$)|\{(\w+)(?:(:[-?])([^}]*))?\})")


class Missing(Exception):
    """A value without a default is not in the environment."""


def read(file: Path, environ: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the services of the file by name, with the values of `environ` filled in."""
    return {
        name: _environment_resolved(_filled_in(_extended(file, service), environ), environ)
        for name, service in _services(file).items()
    }


def _services(file: Path) -> dict[str, dict[str, Any]]:
    services: dict[str, dict[str, Any]] = yaml.safe_load(file.read_text())["services"]
    return services


def _extended(file: Path, service: dict[str, Any]) -> dict[str, Any]:
    base = service.get("extends")
    if base is None:
        return service
    found = _extended(
        file.with_name(base["file"]), _services(file.with_name(base["file"]))[base["service"]]
    )
    return _merged(found, {key: value for key, value in service.items() if key != "extends"})


def _merged(base: Any, over: Any) -> Any:
    """Merge mappings key by key, and replace everything else."""
    if isinstance(base, dict) and isinstance(over, dict):
        return {**base, **{key: _merged(base.get(key), value) for key, value in over.items()}}
    return over


def _filled_in(value: Any, environ: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled_in(item, environ) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled_in(item, environ) for item in value]
    return _interpolated(value, environ) if isinstance(value, str) else value


def _interpolated(text: str, environ: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        dollar, name, act, word = found.groups()
        if dollar:
            return "$"
        given = environ.get(name, "")
        if not given and act == ":?":
            raise Missing(f"{name}: {word}")
        return given or (word if act == ":-" else "")

    return _REFERENCE.sub(value, text)


def _environment_resolved(service: dict[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """Take variables without a value from the caller; they stay unset if unset there."""
    given = service.get("environment", {})
    resolved = {
        name: environ.get(name) if value is None else value for name, value in given.items()
    }
    return {**service, "environment": {n: v for n, v in resolved.items() if v is not None}}
