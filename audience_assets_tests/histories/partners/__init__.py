"""What all three partners hold after any history of days, corrections, faults and crashes equals the source."""
