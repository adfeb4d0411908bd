"""Whose month a key of billing means: the customer, and the line or account."""
