"""Roles: the built-in ones, and those that a tenant makes for itself."""
