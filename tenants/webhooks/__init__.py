"""Endpoints of others that are told of changes."""
