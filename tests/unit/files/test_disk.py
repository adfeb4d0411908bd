"""What only the disk has: permissions, several processes, and a kill at any step."""

import io
import os
import signal
import stat
import subprocess
import sys
import threading
from datetime import timedelta

import pytest

from chalicelib.files.errors import FileMissingError, PartSizeError
from chalicelib.files.paths import object_path, prefix

PATH = object_path("tnt_1", "uploads", "fil_1", "content")
OPENED = """
import os, signal, sys
from pathlib import Path
from chalicelib.access.crypto import Keyring
from chalicelib.files.disk import DiskStorage
from chalicelib.files.paths import ObjectPath
from chalicelib.files.protocol import Upload
def die(*_): os.kill(os.getpid(), signal.SIGKILL)
storage = DiskStorage(Path(sys.argv[1]), "http://localhost/files", Keyring(["A" * 43]))
path = ObjectPath.parse(sys.argv[2])
"""


def test_everything__is_for_the_owner_alone(on_disk):
    before = os.umask(0)
    try:
        on_disk.storage.write(PATH, [b"x"], "text/csv")
        upload = on_disk.storage.begin(object_path("tnt_1", "uploads", "fil_2", "content"), "text/csv")
        on_disk.storage.put_part(upload, 1, 1, io.BytesIO(b"x"))
    finally:
        os.umask(before)
    for each in (on_disk.root, *on_disk.root.rglob("*")):
        assert stat.S_IMODE(each.stat().st_mode) & 0o077 == 0, each


@pytest.mark.parametrize("content", [b"", b"ab", b"abcd"], ids=["nothing", "too little", "too much"])
def test_a_part_of_another_size__is_refused_and_not_kept(on_disk, content):
    upload = on_disk.storage.begin(PATH, "text/csv")
    with pytest.raises(PartSizeError):
        on_disk.storage.put_part(upload, 1, 3, io.BytesIO(content))
    assert not [each for each in on_disk.root.rglob("*") if each.is_file()]


def test_a_part_larger_than_declared__is_not_read_to_its_end(on_disk):
    upload = on_disk.storage.begin(PATH, "text/csv")
    endless = io.BytesIO(bytes(1_000_000))
    with pytest.raises(PartSizeError):
        on_disk.storage.put_part(upload, 1, 3, endless)
    assert endless.tell() == 4


def test_two_senders_of_one_part__one_of_them_counts_whole(on_disk):
    upload = on_disk.storage.begin(PATH, "text/csv")
    size = 1_000_000
    senders = [
        threading.Thread(target=on_disk.storage.put_part, args=(upload, 1, size, io.BytesIO(letter * size)))
        for letter in (b"a", b"b")
    ]
    for each in senders:
        each.start()
    for each in senders:
        each.join()
    on_disk.storage.complete(upload, (size,))
    with on_disk.storage.open(PATH) as stream:
        assert set(stream.read()) in ({ord("a")}, {ord("b")})


def test_a_part_that_comes_while_the_upload_ends__is_in_no_object(on_disk):
    """The last byte arrives when the upload has become the object already."""
    upload = on_disk.storage.begin(PATH, "text/csv")
    on_disk.storage.put_part(upload, 1, 3, io.BytesIO(b"old"))

    class Slow(io.BytesIO):
        def read(self, size=-1, /):
            if self.tell() == 0:
                on_disk.storage.complete(upload, (3,))
            return super().read(size)

    with pytest.raises(FileMissingError):
        on_disk.storage.put_part(upload, 1, 3, Slow(b"new"))
    with on_disk.storage.open(PATH) as stream:
        assert stream.read() == b"old"


def killed(root, what):
    """Run some lines on the same directory in a process of its own, which kills itself by SIGKILL."""
    died = subprocess.run([sys.executable, "-c", f"{OPENED}\n{what}", str(root), str(PATH)], check=False)
    assert died.returncode == -signal.SIGKILL


@pytest.mark.parametrize("after", [0, 1, 3])
def test_kill_9_in_the_middle_of_a_write__leaves_the_old_object(on_disk, after):
    on_disk.storage.write(PATH, [b"old"], "text/csv")
    killed(on_disk.root, f"storage.write(path, (b'new' if n < {after} else die() for n in range(9)), 'text/csv')")
    with on_disk.storage.open(PATH) as stream:
        assert stream.read() == b"old"
    assert [each.path for each in on_disk.storage.find(prefix("tnt_1"))] == [PATH]


def test_kill_9_before_the_rename_that_completes__can_be_completed_again(on_disk):
    upload = on_disk.storage.begin(PATH, "text/csv")
    on_disk.storage.put_part(upload, 1, 3, io.BytesIO(b"abc"))
    killed(on_disk.root, f"Path.rename = die; storage.complete(Upload(path, {upload.id!r}), (3,))")
    with pytest.raises(FileMissingError):
        on_disk.storage.open(PATH)
    on_disk.storage.complete(upload, (3,))
    with on_disk.storage.open(PATH) as stream:
        assert stream.read() == b"abc"


def test_a_url__just_before_its_end_and_at_it(on_disk):
    on_disk.storage.write(PATH, [b"x"], "text/csv")
    url = on_disk.storage.download_url(PATH, "a.csv", "text/csv", timedelta(minutes=10))
    on_disk.now += timedelta(minutes=10, seconds=-1)
    assert on_disk.http("GET", url).status == 200
    on_disk.now += timedelta(seconds=1)
    assert on_disk.http("GET", url).status == 403
