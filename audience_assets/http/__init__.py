"""What every partner's HTTP client shares: what an answer means, repeating, pacing, forms, and URLs that stay out of logs."""
