"""Credentials of machines."""
