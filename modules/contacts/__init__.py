"""contacts: the unified customer view."""
