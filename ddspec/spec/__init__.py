"""Syntax tree to checked spec: all problems of a file at once."""
