"""Starts: where a run takes its first weights from."""
