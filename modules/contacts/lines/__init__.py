"""What a customer subscribes to."""
