"""Erasure: one request removes a person from every partner and from everything of ours, and keeps the person out."""
