"""Requests out of files: how a service desk moves in."""
