"""Meta: custom audiences from a customer file, over the Marketing API."""
