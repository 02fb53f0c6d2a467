"""The command line: `ddspec` and `python -m ddspec`."""

from __future__ import annotations

from ddspec.commands.group import ddspec


def main() -> None:
    """Run the command that the arguments name; exits with its code."""
    ddspec(prog_name="ddspec")


if __name__ == "__main__":
    main()
