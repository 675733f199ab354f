"""What is promised of the rows at VTEX Ads, and how a history lives with a bucket."""
