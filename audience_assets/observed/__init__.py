"""What became of customers: the quarantine of what was refused, and the history of what was sent of one of them."""
