"""The package's own training step for dense networks, in C: its source, compiler and interface."""
