"""Reading who is in a segment: pages, a sample, the history, and why."""
