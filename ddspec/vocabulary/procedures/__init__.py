"""Training procedures: what a train setting takes."""
