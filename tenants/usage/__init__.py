"""What tenants use: raw log lines to daily buckets, quotas, and priced statements."""
