"""What customers use and are billed for, month by month."""
