"""Imports: a file's rows become a module's records. A module declares an ImportTarget; the rest is here, once."""
