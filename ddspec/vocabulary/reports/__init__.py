"""Findings computed from the finished dataset."""
