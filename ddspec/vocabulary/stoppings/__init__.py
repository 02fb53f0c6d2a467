"""Stoppings: one word a file."""
