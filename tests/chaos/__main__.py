"""Hurt real runs at random and see that nothing is lost.

    python -m tests.chaos kills [--kills 200] [--cells 500] [--seed 0]
    python -m tests.chaos disk  [--fills 30] [--seed 0]

Each prints what it did and found, and ends with 1 when a cell was lost, changed or trained twice.
"""

from __future__ import annotations

import argparse
import sys

from tests.chaos import disk, kills


def main() -> int:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    names = parser.add_subparsers(dest="name", required=True)
    of_kills = names.add_parser("kills", help="kill -9 workers, raylets and drivers of a cluster")
    of_kills.add_argument("--kills", type=int, default=200)
    of_kills.add_argument("--cells", type=int, default=500)
    of_disk = names.add_parser("disk", help="let the disk of a run folder fill up")
    of_disk.add_argument("--fills", type=int, default=30)
    asked = parser.parse_args()
    if asked.name == "kills":
        return kills.main(asked.kills, asked.cells, asked.seed)
    return disk.main(asked.fills, asked.seed)


if __name__ == "__main__":
    sys.exit(main())
