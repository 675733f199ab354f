"""What retention removes, and what it leaves."""
