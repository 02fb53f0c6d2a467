"""Risk when strengths are chosen on validation samples."""
