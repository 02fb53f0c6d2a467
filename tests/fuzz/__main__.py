"""Spoil specs and stores at random: `python -m tests.fuzz specs 10000 --seed S`."""

import argparse
import sys
import time

import click

from tests.fuzz.limits import cap_memory


def main() -> int:
    """Run cases, print outcomes by name and everything that went wrong; 1 when something did."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("what", choices=("specs", "stores"))
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", default="0")
    parser.add_argument("--first", type=int, default=0, help="the number of the first case")
    asked = parser.parse_args()
    began = time.monotonic()
    if asked.what == "specs":
        from tests.fuzz.specs import specs as run

        cap_memory()
    else:
        from tests.fuzz.stores import stores as run
    outcomes, wrong = run(asked.count, asked.seed, asked.first, click.echo)
    click.echo(f"{asked.count} {asked.what} of seed {asked.seed}: {time.monotonic() - began:.0f} s")
    for name, count in outcomes.most_common():
        click.echo(f"{count:6} {name}")
    return 1 if wrong else 0


sys.exit(main())
