"""Surveys: what customers say of a request that is closed."""
