"""A module that was off for too long: its data is exported, and deleted."""
