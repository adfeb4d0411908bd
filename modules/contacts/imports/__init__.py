"""Contacts out of files."""
