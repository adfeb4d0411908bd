"""What rules of segments may ask about: the attributes of a customer, their types and their values."""
