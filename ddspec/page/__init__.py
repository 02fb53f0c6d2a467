"""Dataset, findings and figures to one HTML page that needs nothing else."""
