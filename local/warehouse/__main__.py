"""`python -m local.warehouse --file … --s3-endpoint …`: run the warehouse until SIGTERM.

Prints one line, `ready http://127.0.0.1:PORT`, when it accepts connections.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.abc import MetaPathFinder


class NoPandas(MetaPathFinder):
    """An import hook that hides pandas: its import takes a third of a start, and it is not used."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        """Raise ModuleNotFoundError for pandas."""
        if fullname == "pandas":
            raise ModuleNotFoundError("pandas is not wanted here", name=fullname)


sys.meta_path.insert(0, NoPandas())
main = import_module("local.warehouse.serving").main

if __name__ == "__main__":
    main()
