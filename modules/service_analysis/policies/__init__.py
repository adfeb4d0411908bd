"""SLA policies: which one holds for a request."""
