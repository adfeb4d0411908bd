"""The journal: every change of a tenant, by cursor."""
