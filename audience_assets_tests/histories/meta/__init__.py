"""What Meta's audiences hold after any history of days, corrections, faults and crashes equals the source."""
