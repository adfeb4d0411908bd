"""What other modules tell of a customer: badges, segment attributes, exclusion reasons, the customer's level."""
