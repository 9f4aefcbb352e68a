"""The stage's place, and the keys of the objects below it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from amplitude_export.workspace import PREFIX


@dataclass(frozen=True)
class Stage:
    """The external stage; `url` is as DESC STAGE shows it, and empty for a stage without one."""

    url: str

    @classmethod
    def described(cls, rows: Iterable[Mapping[str, Any]]) -> Stage:
        """Read the rows of DESC STAGE, which shows the URL as a list of one: `["s3://…/"]`."""
        found = {row["property"]: str(row["property_value"]) for row in rows}
        return cls(found.get("URL", "").strip('[]"'))

    def key_of(self, path: str) -> str:
        """Return the key, below PREFIX, of a path that LIST or COPY shows.

        The path is cut at the known length of the stage's own URL: the names of bucket and folders
        are the user's and can hold PREFIX. The path of an object elsewhere is returned as it is.

        >>> Stage("s3://my-python-import/python-import/").key_of(
        ...     "s3://my-python-import/python-import/2026-09-24/1_2026-09-24_07_0.json"
        ... )
        'python-import/2026-09-24/1_2026-09-24_07_0.json'
        """
        scheme, _, place = self.url.partition("://")
        below = place.rstrip("/") + "/"
        # The scheme is not compared: `s3gov` in a stage's URL is `s3` elsewhere.
        shown, _, rest = path.partition("://")
        if scheme and rest and shown.startswith("s3"):
            return PREFIX + rest.removeprefix(below) if rest.startswith(below) else path
        # Without a scheme it is relative: to the bucket, like METADATA$FILENAME, or to the stage.
        return PREFIX + path.removeprefix(below.partition("/")[2])
