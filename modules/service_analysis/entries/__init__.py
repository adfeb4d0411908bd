"""What is written into a request: notes, replies, the customer's messages, and each step of its way."""
