"""The process's storage: a bucket in the cloud, a directory on one machine."""

from pathlib import Path

from chalicelib.access.crypto import Keyring
from chalicelib.cached import Once
from chalicelib.files.errors import StorageNotConfiguredError
from chalicelib.files.protocol import Storage
from chalicelib.settings import settings

MOUNT = "/files"
"""Where the local runner answers the disk store's URLs; no part of the API and in no function."""


@Once
def storage() -> Storage:
    """The storage that the settings name, made at first use.

    Raises StorageNotConfiguredError when they name none.
    """
    wanted = settings()
    if wanted.files_bucket:
        from chalicelib.files.s3 import S3Storage  # noqa: PLC0415 - boto3's S3 model costs a cold start

        return S3Storage(wanted.files_bucket, wanted.region)
    if wanted.files_dir:
        from chalicelib.files.disk import DiskStorage  # noqa: PLC0415 - no function in the cloud needs it

        keyring = Keyring([key.get_secret_value() for key in wanted.secret_keys])
        return DiskStorage(Path(wanted.files_dir), f"{wanted.public_url.rstrip('/')}{MOUNT}", keyring)
    message = "set SWITCHBOARD_FILES_BUCKET, or SWITCHBOARD_FILES_DIR on one machine"
    raise StorageNotConfiguredError(message)
