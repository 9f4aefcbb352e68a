"""The launcher behind `make run`, `up` and the other commands of `python -m local`."""

import sys
from pathlib import Path

# The product's own code, which some commands run in this process.
sys.path.append(str(Path(__file__).resolve().parents[2] / "plugins"))
