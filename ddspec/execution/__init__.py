"""Batches to records, in this process or on Ray: the only stage that imports ray."""
