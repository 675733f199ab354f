"""Meta's Marketing API for customer file audiences, imitated strictly on this machine."""
