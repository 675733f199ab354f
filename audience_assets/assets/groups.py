"""The groups that the lineage draws besides one for each destination."""

CUSTOMERS = "customers"
"""What every destination shares, from the extract to the digests."""
OBSERVED = "observed"
"""What is known of a day besides: who is refused, and what the partners tell of their audiences."""
UPKEEP = "upkeep"
"""What has a schedule of its own: erasing people, and removing what is too old."""
