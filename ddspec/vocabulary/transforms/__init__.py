"""Transforms of inputs and samples."""
