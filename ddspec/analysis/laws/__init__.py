"""Decompositions of risk, and what it follows from."""
