"""From a figure to the requests that it counts, and how many requests stand where."""
