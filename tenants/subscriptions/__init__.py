"""Which modules and features a tenant has, and why."""
