"""Versions of articles: the texts, and their way from a draft to the public and out of it."""
