"""Regularizers: terms of compositions."""
