"""Risk curves known from theory."""
