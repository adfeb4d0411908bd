"""Switches of the platform's operators over all tenants: a module or feature off, or read-only."""
