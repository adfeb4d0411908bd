"""The tenant's tree of what requests are about."""
