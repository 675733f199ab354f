"""What is promised of audiences at TikTok, and how a history lives with an advertiser."""
