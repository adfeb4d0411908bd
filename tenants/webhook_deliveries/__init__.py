"""Events on their way to webhooks: what waits, what was sent, what failed."""
