"""The log on one machine: whole lines in order, over rotations and deaths, and no more files than are kept."""

import base64
import gzip
import json
import logging

import pytest

from infra.local.log_file import BATCH, KEPT, NAME, LogFile
from infra.local.log_reader import LogReader, batch_of
from infra.local.streams import Checkpoint


@pytest.fixture
def opened(tmp_path):
    files = []

    def open_(**more):
        files.append(LogFile(tmp_path, **more))
        return files[-1]

    yield open_
    for each in files:
        each.close()


def write(file, *texts):
    for text in texts:
        file.handle(logging.LogRecord("x", logging.INFO, "x", 1, text, None, None))


def all_of(file, place=None):
    found = []
    while True:
        lines, place = file.read(place)
        if not lines:
            return [each.rstrip("\n") for each in found], place
        found += lines


def test_read__what_was_written__in_order_and_from_a_place_on(opened):
    file = opened()
    write(file, "a", "b\nc")
    assert file.read(None) == (["a\n", "b c\n"], {"file": 1, "offset": 6})
    write(file, "ü")
    assert file.read({"file": 1, "offset": 6}) == (["ü\n"], {"file": 1, "offset": 9})


def test_read__many_lines__by_the_batch(opened):
    file = opened()
    write(file, *map(str, range(BATCH + 5)))
    first, place = file.read(None)
    assert (len(first), len(file.read(place)[0])) == (BATCH, 5)


def test_rotation__loses_and_repeats_nothing(opened, tmp_path):
    file, place, found = opened(full_bytes=100), None, []
    for number in range(200):
        write(file, f"line {number}")
        if number % 7 == 0:
            lines, place = all_of(file, place)
            found += lines
    found += all_of(file, place)[0]
    assert found == [f"line {number}" for number in range(200)]
    assert all(each.stat().st_size <= 100 for each in tmp_path.iterdir())


def test_drop_before__read_files__all_but_some_and_no_unread_ones(opened, tmp_path):
    file = opened(full_bytes=10)
    write(file, *["123456789"] * 40)
    file.drop_before({"file": 5, "offset": 0})
    assert len(list(tmp_path.iterdir())) == 40
    _, place = all_of(file)
    file.drop_before(place)
    assert len(list(tmp_path.iterdir())) == KEPT + 1
    assert file.read({"file": 2, "offset": 0})[0]  # its file is gone: on with the next that is there


def test_opened_again__after_a_line_was_half_written__goes_on_behind_it(opened, tmp_path):
    write(opened(), "whole")
    with (tmp_path / NAME).open("ab") as stream:
        stream.write(b'{"half')
    file = opened()
    write(file, "after")
    assert all_of(file)[0] == ["whole", '{"half', "after"]


def test_a_line_that_is_being_written__is_not_read_yet(opened, tmp_path):
    file = opened()
    write(file, "whole")
    with (tmp_path / NAME).open("ab") as stream:
        stream.write(b"half")
    assert all_of(file)[0] == ["whole"]


def test_only_its_owner__may_read_the_log(opened, tmp_path):
    opened()
    assert (tmp_path / NAME).stat().st_mode & 0o077 == 0


def test_reader__a_batch_that_is_not_taken__comes_again_and_then_the_place_moves(opened):
    file, places, seen = opened(), [], []
    broken = [True]

    def entry(event, context):
        assert context is None
        if broken:
            broken.pop()
            raise ConnectionError
        said = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
        seen.extend(each["message"] for each in said["logEvents"])

    reader = LogReader(file, entry, Checkpoint(lambda: places[-1] if places else None, places.append))
    write(file, "a", "b")
    with pytest.raises(ConnectionError):
        reader.turn()
    assert places == []
    assert [reader.turn(), reader.turn()] == [True, False]
    assert (seen, len(places)) == (["a\n", "b\n"], 1)


def test_batch_of__looks_as_the_log_subscription_s(opened):
    said = json.loads(gzip.decompress(base64.b64decode(batch_of(["x"])["awslogs"]["data"])))
    assert said["messageType"] == "DATA_MESSAGE"
    assert [each.keys() for each in said["logEvents"]] == [{"id", "timestamp", "message"}]
