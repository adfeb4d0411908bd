"""Typed routes on Chalice: one declaration gives routing, validation, the gate, idempotency, errors and OpenAPI."""
