"""Contacts that are likely to be one customer: on create, and by a search through all of them."""
