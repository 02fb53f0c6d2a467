"""How a benchmark measures: rounds, worker processes, the machine, and where results are kept."""
