"""The plans that modules are subscribed with: data, read once."""
