"""Checked spec to cells, ids and batches."""
