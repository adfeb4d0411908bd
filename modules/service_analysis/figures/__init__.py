"""Reading the figures: by period and dimension, compared, as CSV, and down to the requests that they count."""
