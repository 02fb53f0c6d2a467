"""Dataset to findings; no torch, no ray."""
