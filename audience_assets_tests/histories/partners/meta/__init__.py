"""What is promised of audiences at Meta, and how a history lives with an ad account."""
