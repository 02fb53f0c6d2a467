"""Records to the store and the labelled dataset."""
