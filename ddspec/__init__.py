"""Double-descent experiments from a spec to a labelled dataset of risk."""
