"""Everything that is held of one person, found from the contact's partition: what subject exports and erasures walk."""
