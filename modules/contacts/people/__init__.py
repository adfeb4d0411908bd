"""Contacts: the customers themselves."""
