"""Usage and bills out of files."""
