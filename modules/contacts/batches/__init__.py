"""Many contacts in one call: a room of its own, since every list of contacts would start with it otherwise."""
