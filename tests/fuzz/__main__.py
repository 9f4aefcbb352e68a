"""Read mutated archives for some time: `python -m tests.fuzz --seconds 60 [--seed N]`.

Prints each seed whose archive raises anything but the pipeline's own errors, with the traceback;
`tests/fuzz/test_mutations.py` then gets the seed.
"""

from __future__ import annotations

import argparse
import itertools
import logging
import sys
import time
import traceback
import warnings
from pathlib import Path
from random import SystemRandom
from tempfile import TemporaryDirectory

from tests.fuzz.mutations import mutated_tarball, mutated_zip
from tests.fuzz.readers import read_tarball, read_zip

KINDS = {"zip": (mutated_zip, read_zip), "tarball": (mutated_tarball, read_tarball)}
# No archive of the fuzzer's size is worth more.
SLOW_SECONDS = 5.0


def main() -> int:
    """Return 1 if a seed was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, help="begin with this one instead of a random one")
    arguments = parser.parse_args()
    first = SystemRandom().randrange(2**32) if arguments.seed is None else arguments.seed
    logging.disable()
    warnings.simplefilter("ignore")
    end, found = time.monotonic() + arguments.seconds, 0
    with TemporaryDirectory() as folder:
        for seed in itertools.count(first):
            if time.monotonic() > end:
                break
            for kind in KINDS:
                found += not passes(kind, seed, Path(folder))
    print(f"Read the archives of {seed - first:,} seeds from {first}: {found} findings.")
    return int(found > 0)


def passes(kind: str, seed: int, folder: Path) -> bool:
    """Return False, and print the traceback, if the archive of the seed is a finding."""
    mutated, read = KINDS[kind]
    started = time.monotonic()
    try:
        read(mutated(seed), folder)
    except Exception:  # noqa: BLE001 - the finding itself
        print(f"{kind}, seed {seed}:", traceback.format_exc(), sep="\n")
        return False
    if time.monotonic() - started > SLOW_SECONDS:
        print(f"{kind}, seed {seed}: took {time.monotonic() - started:.1f} s")
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
