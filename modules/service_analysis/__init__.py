"""service_analysis: serve, then learn from every request."""
