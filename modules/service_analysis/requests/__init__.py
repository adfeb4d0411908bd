"""Requests: what may happen to one, and who is accountable for it."""
