"""Pages of a segment's members, in whatever a caller may see of them."""
