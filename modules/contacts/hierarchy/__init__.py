"""Group customers: who stands above and below whom."""
