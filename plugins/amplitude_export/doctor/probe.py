"""The object that the doctor puts, lists and copies: one event of a day that has none.

It has the name of a landed file, because the load reads the hour from the name. It is below no
day's prefix, and stays until the bucket's lifecycle removes it: the uploader cannot delete.
"""

from __future__ import annotations

import json
import zlib
from datetime import date

from amplitude_export.manifest import crc32_text
from amplitude_export.workspace import PREFIX

DAY = date(1970, 1, 1)
FOLDER = f"{PREFIX}doctor/"
KEY = f"{FOLDER}0_{DAY:%Y-%m-%d}_00_0.json"
BODY = json.dumps({"event_type": "amplitude_doctor", "uuid": "amplitude-doctor"}).encode() + b"\n"
CRC32 = crc32_text(zlib.crc32(BODY))
RUN_ID = "amplitude_doctor"
