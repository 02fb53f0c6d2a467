"""Runs that are killed, starved and cut off on purpose: `python -m tests.chaos NAME`."""
