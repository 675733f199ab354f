"""What people are told when a run fails or a check does: the settings, the message, and the ways to send it."""
