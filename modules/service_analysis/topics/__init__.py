"""What complaints are about: topics of free text, and which few of them make the most."""
