"""Who is in which segment, kept current by events and by time."""
