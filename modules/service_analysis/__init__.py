"""service_analysis: serve customers, then learn from every request."""
