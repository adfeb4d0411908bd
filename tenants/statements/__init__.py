"""What a month costs, line by line, from the price lists of plans."""
