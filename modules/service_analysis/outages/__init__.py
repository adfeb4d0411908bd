"""What many customers ask about at once: one incident, one answer, one end."""
