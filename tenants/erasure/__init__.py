"""The end of a tenant: everything is deleted, looked for once more, and certified."""
