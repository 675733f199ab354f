"""TikTok's Business API for customer file audiences, imitated strictly on this machine."""
