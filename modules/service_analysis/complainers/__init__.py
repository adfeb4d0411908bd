"""Customers who complain again, counted by month and year, the most frequent first."""
