"""Corruptions of training labels."""
