"""A tenant leaves: its data is exported, and stays readable until the grace period ends."""
