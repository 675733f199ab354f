"""The sandbox's TikTok, asked over plain HTTP."""
