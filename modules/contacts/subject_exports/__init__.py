"""All that is held on one person, as a file for them."""
