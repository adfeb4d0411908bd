"""What a tenant may use at most, and how much of that it has used."""
