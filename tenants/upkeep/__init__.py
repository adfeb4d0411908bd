"""Keeping what is derived right: dead letters, rebuilds, recounts."""
