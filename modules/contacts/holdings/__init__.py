"""Who held a number from when until when."""
