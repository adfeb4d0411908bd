"""A tenant's own switches of features: for everybody, for roles, for org units."""
