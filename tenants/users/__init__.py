"""People: invited, active, deactivated, each in one built-in role and one org unit."""
