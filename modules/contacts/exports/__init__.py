"""Contacts into files."""
