"""Where requests wait, and who takes them from there."""
