"""Fields that a tenant adds to its contacts."""
