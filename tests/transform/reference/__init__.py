"""What the tables must hold, in plain Python, written from docs/transform.md and not from the SQL.

`typed` reads the rows, `repeats` takes away what came twice, `events` and `order` make them a
device's history, and each of the other rooms answers one question of it. `tables` puts together.
"""

from __future__ import annotations

from tests.transform.reference.network import Network, Seeds
from tests.transform.reference.tables import expected
from tests.transform.reference.typed import Exported

__all__ = ["Exported", "Network", "Seeds", "expected"]
