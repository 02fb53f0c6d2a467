"""Benchmarks: what the engine is compared with."""
