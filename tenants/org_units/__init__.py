"""The tree of org units that data scopes follow."""
