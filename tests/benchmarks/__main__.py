"""Run benchmarks and rewrite their results in the README.

    python -m tests.benchmarks [--quick] [--print] [NAME ...]

Each runs in a process of its own, one after the other; without names all of them run. One that
fails keeps the results it had.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from pathlib import Path

from tests.benchmarks.measuring.apart import apart
from tests.benchmarks.measuring.readme import rewritten

HERE = Path(__file__).parent
README = HERE / "README.md"
# Of the size of a step, of a run, of a machine; others come last.
ORDER = ("panel", "engine", "convolutions", "closed_form", "threads", "ray_tasks", "overhead")
NO_BENCHMARKS = {"__init__", "__main__", "table"}


def names() -> list[str]:
    """The benchmarks: every file beside this one but for the table they share."""
    found = {path.stem for path in HERE.glob("*.py")} - NO_BENCHMARKS
    found = {name for name in found if not name.startswith("test_")}
    return sorted(found, key=lambda name: (ORDER.index(name) if name in ORDER else 99, name))


def main(arguments: list[str] | None = None) -> int:
    """Measure what is asked for; 1 when a benchmark failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"of {', '.join(names())}; all unless said")
    parser.add_argument("--quick", action="store_true", help="less repetition, for a first look")
    parser.add_argument("--print", action="store_true", help="leave the README as it is")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.name) - set(names()):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}: choose from {', '.join(names())}")
    failed = [name for name in asked.name or names() if not _kept(name, asked)]
    if failed:
        sys.stderr.write(f"failed: {', '.join(failed)}\n")
    return int(bool(failed))


def _kept(name: str, asked: argparse.Namespace) -> bool:
    """Measure one benchmark, show it and keep it; False when it failed."""
    sys.stderr.write(f"{name} ...\n")
    try:
        text = apart(name, asked.quick)
    except Exception:  # noqa: BLE001 - the others are run all the same
        traceback.print_exc()
        return False
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
    if not asked.print:
        before = README.read_text(encoding="utf-8")
        README.write_text(rewritten(before, {name: text}, names()), encoding="utf-8")
    return True


if __name__ == "__main__":
    sys.exit(main())
