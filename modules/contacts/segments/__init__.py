"""Segments: customers by a rule, or by a list."""
