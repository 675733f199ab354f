"""TikTok: custom audiences from a customer file, over the Business API."""
