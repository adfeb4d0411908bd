"""Relative dates in rules of segments: periods, anniversaries, and on which day they change an answer."""
