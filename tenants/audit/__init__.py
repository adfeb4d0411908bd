"""The audit: who did what, to which record, from where; sealed in chunks that anybody can verify offline."""
