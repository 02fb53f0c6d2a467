"""One file for each report word: what it finds in the evidence of an experiment."""
