"""What can go wrong on a user's machine, each said in words that tell what to do."""


class LocalError(Exception):
    """A failure that the user can mend: shown as one message, without a traceback."""


class EngineError(LocalError):
    """The database engine can't be fetched, started or reached."""


class DemoError(LocalError):
    """The demo tenants could not be made through the API. `status`: what it answered, 0 for nothing."""

    def __init__(self, message: str, status: int = 0) -> None:
        """Keep the status beside the message."""
        super().__init__(message)
        self.status = status
