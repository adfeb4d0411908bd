"""What can go wrong in a measurement."""


class BenchError(Exception):
    """What is measured did not do what it should."""
