"""What service_analysis holds of a person, and what becomes of it when customers merge, separate or are erased."""
