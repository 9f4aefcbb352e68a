"""The expected tables in plain Python, written from docs/transform.md and not from the SQL.

`typed` reads the rows, `repeats` removes duplicates, `events` and `order` make the rest a device's
history, and each of the other modules computes one group of tables. `tables` combines them, project
by project; `projects` makes the keys of several projects differ.
"""

from __future__ import annotations

from tests.transform.reference.network import Network, Seeds
from tests.transform.reference.tables import expected
from tests.transform.reference.typed import Exported

__all__ = ["Exported", "Network", "Seeds", "expected"]
