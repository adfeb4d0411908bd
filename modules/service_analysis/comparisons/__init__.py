"""Figures of a month beside those of another: same number of working days, means, percentiles."""
