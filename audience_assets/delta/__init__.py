"""Set-based comparison of snapshots."""
