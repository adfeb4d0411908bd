"""Exports: a module's records become a file. A module declares an ExportTarget; the rest is here, once."""
