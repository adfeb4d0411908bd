"""Watching and cancelling long work."""
