"""Dataset to matplotlib figures."""
