"""What the partner holds after any history of days, corrections and crashes equals the source."""
