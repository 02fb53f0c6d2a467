"""Numbers over seeds to means, intervals, tests and fits; knows no dataset."""
