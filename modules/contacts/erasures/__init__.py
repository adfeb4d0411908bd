"""The end of a person: everything goes, and a signed certificate says what."""
