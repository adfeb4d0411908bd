"""The entitlement decision, and the module catalogue with what it says of each module."""
