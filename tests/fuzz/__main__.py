"""Spoil specs and stores at random: `python -m tests.fuzz specs 10000 --seed S`; `damage` takes
published specs and spoils them by one token each.
"""

import argparse
import sys
import time

import click

from tests.fuzz.limits import cap_memory

EVERY = 10**9


def main() -> int:
    """Run cases, print outcomes by name and everything that went wrong; 1 when something did."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("what", choices=("specs", "stores", "damage"))
    parser.add_argument("count", type=int, nargs="?", help="of damage: all of it unless given")
    parser.add_argument("--seed", default="0")
    parser.add_argument("--first", type=int, default=0, help="the number of the first case")
    asked = parser.parse_args()
    began = time.monotonic()
    if asked.count is None and asked.what != "damage":
        parser.error("how many?")
    if asked.what == "damage":
        from tests.fuzz.tokens import shares
        from tests.fuzz.tokens import tokens as run

        asked.count = asked.count or EVERY
    elif asked.what == "specs":
        from tests.fuzz.specs import specs as run

        cap_memory()
    else:
        from tests.fuzz.stores import stores as run
    outcomes, wrong = run(asked.count, asked.seed, asked.first, click.echo)
    click.echo(f"{asked.count} {asked.what} of seed {asked.seed}: {time.monotonic() - began:.0f} s")
    for name, count in outcomes.most_common():
        click.echo(f"{count:6} {name}")
    if asked.what == "damage":
        there, once = shares(outcomes)
        click.echo(f"of those that are wrong {there:.2%} are told on their line, {once:.2%} once")
    return 1 if wrong else 0


sys.exit(main())
