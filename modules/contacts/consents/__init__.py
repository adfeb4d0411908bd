"""What a customer has agreed to: per channel and purpose, with its whole history."""
