"""Figures of the service: what is counted of requests, and how it is read."""
