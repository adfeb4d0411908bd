"""What a storage can say no with."""

from chalicelib.store.errors import StoreUnavailableError


class FilesError(Exception):
    """Base of the storage's own errors."""


class FileMissingError(FilesError):
    """There is no such object, or no such upload any more."""


class PartsMissingError(FilesError):
    """An upload is not whole: ``numbers`` are the parts that are not there, or not of their declared size."""

    def __init__(self, numbers: tuple[int, ...]) -> None:
        super().__init__(f"{len(numbers)} parts are missing")
        self.numbers = numbers


class PartSizeError(FilesError):
    """What came as a part has not the size that its URL was signed for. Nothing of it is kept."""


class UrlRefusedError(FilesError):
    """A signed URL that is forged, expired, or was signed for something else; ``reason`` is for tests."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class StorageUnavailableError(StoreUnavailableError):
    """The storage did not answer: to callers the same as a table that does not (503, try again)."""


class StorageNotConfiguredError(RuntimeError):
    """Neither a bucket nor a directory is set: a deployment's mistake, found at the first use of files."""
