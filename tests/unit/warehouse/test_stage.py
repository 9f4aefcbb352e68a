"""Paths of LIST and COPY become keys by the stage's own URL, and never by words inside them."""

from __future__ import annotations

import pytest
from amplitude_export.warehouse.stage import Stage

FILE = "2026-09-24/123456_2026-09-24_07_0.json"
KEY = f"python-import/{FILE}"
URLS = (
    "s3://landing/python-import/",
    "s3://landing/python-import",
    "s3://python-import/python-import/",
    "s3://team-python-import/python-import/",
    "s3://2026-09-24/python-import/",
    "s3://copies/python-import/python-import/",
    "s3gov://landing/python-import/",
)


@pytest.mark.parametrize("url", URLS)
def test_a_path_below_the_url_is_the_key(url: str) -> None:
    """Whatever the names in it are; the closing slash can be missing."""
    stage = Stage.described([{"property": "URL", "property_value": f'["{url}"]'}])
    assert stage.url == url
    assert stage.key_of(f"{url.rstrip('/')}/{FILE}") == KEY


@pytest.mark.parametrize(
    "path", [f"s3://landing/python-import/{FILE}", f"python-import/{FILE}", FILE]
)
def test_a_path_can_be_relative_to_bucket_or_stage(path: str) -> None:
    """Snowflake's documentation of COPY calls the path relative."""
    assert Stage("s3://landing/python-import/").key_of(path) == KEY


def test_the_scheme_of_a_path_can_be_another_than_the_stages() -> None:
    """In a government's region the stage has its own scheme."""
    assert Stage("s3gov://landing/python-import/").key_of(f"s3://landing/{KEY}") == KEY


@pytest.mark.parametrize(
    "path",
    [
        f"s3://other/python-import/{FILE}",
        f"s3://landing-2/python-import/{FILE}",
        f"s3://landing/python-import-2/{FILE}",
        f"s3://other/landing/python-import/{FILE}",
    ],
)
def test_a_path_of_another_place_stays_as_it_is(path: str) -> None:
    """No file of ours has such a key, so that the comparison names it."""
    assert Stage("s3://landing/python-import/").key_of(path) == path


def test_our_words_further_down_a_path_belong_to_the_key() -> None:
    """Other writers can have made folders below the prefix."""
    stage = Stage("s3://landing/python-import/")
    path = "s3://landing/python-import/old/python-import/a://b.json"
    assert stage.key_of(path) == "python-import/old/python-import/a://b.json"


def test_a_stage_without_a_url_cuts_nothing() -> None:
    """A stage inside Snowflake has none; the doctor reports it."""
    stage = Stage.described([{"property": "URL", "property_value": ""}])
    assert (stage.url, stage.key_of("amplitude_stage/a.json")) == (
        "",
        "python-import/amplitude_stage/a.json",
    )
