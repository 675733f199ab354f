"""Tests of erasure, and of the suppression list, against the real S3 server and the sandboxes of Meta and TikTok."""
