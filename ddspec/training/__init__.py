"""Batch to records: the stacked engine, the closed-form engine, the random streams."""
