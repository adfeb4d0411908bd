"""What a tenant has settled about its service."""
