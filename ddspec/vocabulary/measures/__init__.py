"""Recorded quantities beside the risks."""
