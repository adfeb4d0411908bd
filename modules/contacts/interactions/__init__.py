"""Touches over every channel, and the timeline they stand in."""
