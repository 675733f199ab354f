"""The preflight against real servers: each fault is one named finding, and nothing is sent."""
