"""The launcher's settings: which accounts are configured, and which ones stand-ins replace.

Values come from `.env` in the project's root, then from the environment; an empty value counts
as unset. `.env.example` lists every setting.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / ".local"
# The default of the volume.
DATA = STATE / "data"

# The keys of each project, by its name.
AMPLITUDE = "AIRFLOW_CONN_AMPLITUDE_"
AWS = "AIRFLOW_CONN_AWS_DEFAULT"
SNOWFLAKE = "AIRFLOW_CONN_SNOWFLAKE_DEFAULT"
AWS_ADMIN = "AIRFLOW_CONN_AWS_ADMIN"
NPM = "AIRFLOW_CONN_NPM_DEFAULT"
SNOWFLAKE_ADMIN = "AIRFLOW_CONN_SNOWFLAKE_ADMIN"
BUCKET = "AIRFLOW_VAR_AMPLITUDE_BUCKET"
DATA_DIR = "AIRFLOW_VAR_AMPLITUDE_DATA_DIR"
DEPLOYMENT = "AIRFLOW_VAR_AMPLITUDE_DEPLOYMENT"
ARCHIVE_DAYS = "AIRFLOW_VAR_AMPLITUDE_ARCHIVE_DAYS"
# The file of projects, and the one of the stand-in's.
CONFIG = "AMPLITUDE_CONFIG"
LOCAL_CONFIG = STATE / "amplitude.yaml"
LOCAL_BUCKET = "amplitude-events-local"


class SettingsError(Exception):
    """The settings contradict each other; the message names those to add or remove."""


@dataclass(frozen=True)
class Settings:
    """The environment of the project's processes, without the connections of the stand-ins."""

    env: Mapping[str, str]

    @property
    def amplitude_is_local(self) -> bool:
        """Return whether a stand-in replaces Amplitude's Export API."""
        return not any(key.startswith(AMPLITUDE) for key in self.env)

    @property
    def cloud_is_local(self) -> bool:
        """Return whether stand-ins replace AWS and Snowflake: both or neither."""
        return SNOWFLAKE not in self.env

    @property
    def networks_are_local(self) -> bool:
        """Return whether a stand-in invents owners of IP networks; never for your own warehouse."""
        return self.cloud_is_local and NPM not in self.env

    @property
    def has_networks(self) -> bool:
        """Return whether there is a source of IP networks."""
        return self.networks_are_local or NPM in self.env

    @property
    def bucket(self) -> str:
        """Return the bucket's name, which has a default on the stand-in only."""
        return self.env[BUCKET]

    @property
    def deployment(self) -> str:
        """Return the deployment's name; "" is the default one."""
        return self.env.get(DEPLOYMENT, "")

    @property
    def data_dir(self) -> Path:
        """Return the shared volume."""
        return Path(self.env[DATA_DIR])


def read(environ: Mapping[str, str] = os.environ, dotenv: Path = ROOT / ".env") -> Settings:
    """Return the settings; raise SettingsError if they contradict each other."""
    given = {**environ, **{key: value or "" for key, value in dotenv_values(dotenv).items()}}
    given = {key: value for key, value in given.items() if value and _is_ours(key)}
    if (AWS in given) != (SNOWFLAKE in given):
        found, missing = (AWS, SNOWFLAKE) if AWS in given else (SNOWFLAKE, AWS)
        raise SettingsError(
            f"{found} is set but {missing} is not. The local warehouse reads the local S3 only, "
            "and Snowflake can't reach it: set both connections, or neither."
        )
    if SNOWFLAKE not in given:
        given = {key: value for key, value in given.items() if not key.startswith("AWS_")}
        # The stand-ins are accounts of their own, which the default deployment has to itself.
        given[DEPLOYMENT] = ""
        given.setdefault(BUCKET, LOCAL_BUCKET)
    elif BUCKET not in given:
        raise SettingsError(
            f"{BUCKET} is not set: name the bucket that the AWS connection writes to."
        )
    given.setdefault(DATA_DIR, str(DATA))
    if Settings(given).amplitude_is_local:
        given[CONFIG] = str(LOCAL_CONFIG)
    return Settings(given)


def make_folder(folder: Path, *, private: bool = False) -> None:
    """Create the folder unless it exists; raise SettingsError if that is not possible.

    A `private` one is for its owner alone, also if it exists.
    """
    try:
        folder.mkdir(0o700 if private else 0o777, parents=True, exist_ok=True)
        if private:
            folder.chmod(0o700)
    except OSError as error:
        raise SettingsError(
            f"The folder {folder} cannot be created: {error.strerror}. {DATA_DIR} names the "
            f"volume; all other files of the local stack are in {STATE}."
        ) from error


def _is_ours(key: str) -> bool:
    """Return whether to use a variable: another Airflow's settings must not reach the local one."""
    return not key.startswith("AIRFLOW__") and key != "AIRFLOW_HOME"
