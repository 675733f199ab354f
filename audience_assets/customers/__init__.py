"""From the extract to the hashed log: raw, normalized, hashed."""
