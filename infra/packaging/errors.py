"""What can go wrong while packaging."""


class PackageError(Exception):
    """A failure that the person who packages can mend: shown as one message, without a traceback."""
