"""The partners' endpoints on this machine, for tests, the demo and `audience-assets sandbox`."""
