"""The one contract that both storages keep."""

import hashlib
from datetime import timedelta

import pytest

from chalicelib.files.errors import FileMissingError, PartsMissingError
from chalicelib.files.paths import object_path, prefix
from chalicelib.files.protocol import PART_BYTES, Stored
from chalicelib.files.seeking import open_seekable

PATH = object_path("tnt_1", "uploads", "fil_1", "content")
FIVE_MB = 5 * 1024 * 1024  # S3's smallest part but the last
FIRST, LAST = bytes(range(256)) * (FIVE_MB // 256), b"the end"
SOON = timedelta(minutes=5)


def send(place, upload, number, content, size=None):
    size = len(content) if size is None else size
    return place.http("PUT", place.storage.part_url(upload, number, size, SOON), content)


def uploaded(place, path=PATH):
    upload = place.storage.begin(path, "text/csv")
    for number, content in ((2, LAST), (1, FIRST)):
        reply = send(place, upload, number, content)
        assert reply.status == 200
        assert reply.headers["ETag"]
    return upload


def read(place, path=PATH, start=0):
    with place.storage.open(path, start) as stream:
        return stream.read()


SIZES = (len(FIRST), len(LAST))


def test_complete__parts_missing_or_of_another_size__names_them_and_makes_nothing(place):
    upload = place.storage.begin(PATH, "text/csv")
    send(place, upload, 2, LAST)
    with pytest.raises(PartsMissingError) as caught:
        place.storage.complete(upload, (len(FIRST), len(LAST) + 1, 3))
    assert caught.value.numbers == (1, 2, 3)
    with pytest.raises(FileMissingError):
        place.storage.open(PATH)


def test_complete__nothing_came__names_all(place):
    upload = place.storage.begin(PATH, "text/csv")
    with pytest.raises(PartsMissingError) as caught:
        place.storage.complete(upload, SIZES)
    assert caught.value.numbers == (1, 2)


def test_complete__an_aborted_upload__is_missing_and_takes_no_parts(place):
    upload = uploaded(place)
    place.storage.abort(upload)
    place.storage.abort(upload)
    with pytest.raises(FileMissingError):
        place.storage.complete(upload, SIZES)
    assert send(place, upload, 1, FIRST).status == 404
    assert list(place.storage.find(prefix("tnt_1"))) == []


def test_complete__parts_in_any_order__is_the_whole_file__and_twice_the_same(place):
    upload = uploaded(place)
    place.storage.complete(upload, SIZES)
    place.storage.complete(upload, SIZES)
    assert read(place) == FIRST + LAST
    assert list(place.storage.find(prefix("tnt_1"))) == [Stored(PATH, len(FIRST + LAST))]


def test_complete__a_part_sent_again__counts_as_it_came_last(place):
    upload = uploaded(place)
    assert send(place, upload, 2, b"THE END").status == 200
    place.storage.complete(upload, SIZES)
    assert read(place)[-7:] == b"THE END"


def test_a_part_after_the_end__is_refused_and_changes_nothing(place):
    upload = uploaded(place)
    place.storage.complete(upload, SIZES)
    assert send(place, upload, 2, b"THE END").status == 404
    assert read(place)[-7:] == LAST


@pytest.mark.parametrize("start", [0, 1, len(FIRST) - 1, len(FIRST), len(FIRST) + 3, len(FIRST + LAST)])
def test_open__from_any_byte__gives_the_rest(place, start):
    place.storage.complete(uploaded(place), SIZES)
    assert read(place, start=start) == (FIRST + LAST)[start:]


def test_open__lines_can_be_read_over_the_seam_of_two_parts(place):
    place.storage.write(PATH, [b"one\ntw", b"o\nthree"], "text/csv")
    with place.storage.open(PATH) as stream:
        assert list(stream) == [b"one\n", b"two\n", b"three"]


def test_open__nothing_there__is_missing(place):
    with pytest.raises(FileMissingError):
        place.storage.open(PATH)


@pytest.mark.parametrize(
    "chunks",
    [[], [b""], [b"a", b"bc"], [b"x" * PART_BYTES], [b"y" * 3_000_000] * 6],
    ids=["nothing", "empty", "small", "one part", "several parts"],
)
def test_write__any_size__is_what_was_given_with_its_hash(place, chunks):
    written = place.storage.write(PATH, iter(chunks), "text/csv")
    whole = b"".join(chunks)
    assert (written.size, written.sha256) == (len(whole), hashlib.sha256(whole).hexdigest())
    assert read(place) == whole


def test_write__again__stands_in_the_place_of_the_first(place):
    place.storage.complete(uploaded(place), SIZES)
    place.storage.write(PATH, [b"new"], "text/csv")
    assert read(place) == b"new"
    assert list(place.storage.find(prefix("tnt_1"))) == [Stored(PATH, 3)]


def test_write__a_source_that_fails__leaves_what_was_there(place):
    place.storage.write(PATH, [b"old"], "text/csv")

    def failing():
        yield b"n" * (PART_BYTES + 1)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        place.storage.write(PATH, failing(), "text/csv")
    assert read(place) == b"old"


def test_delete__drops_one_object__and_nothing_when_there_is_none(place):
    other = object_path("tnt_1", "uploads", "fil_2", "content")
    place.storage.complete(uploaded(place), SIZES)
    place.storage.write(other, [b"x"], "text/csv")
    place.storage.delete(PATH)
    place.storage.delete(PATH)
    assert [each.path for each in place.storage.find(prefix("tnt_1"))] == [other]


def test_delete_all__takes_objects_and_uploads_of_the_prefix_and_no_neighbours(place):
    neighbour = object_path("tnt_10", "uploads", "fil_1", "content")
    open_one = uploaded(place, object_path("tnt_1", "uploads", "fil_3", "content"))
    for number in range(3):
        place.storage.write(object_path("tnt_1", "imports", "imp_1", "parts", str(number)), [b"x"], "text/csv")
    place.storage.write(neighbour, [b"x"], "text/csv")
    place.storage.write(PATH, [b"x"], "text/csv")
    place.storage.delete_all(prefix("tnt_1", "imports"))
    assert [each.path for each in place.storage.find(prefix("tnt_1"))] == [PATH]
    place.storage.delete_all(prefix("tnt_1"))
    place.storage.delete_all(prefix("tnt_1"))
    assert list(place.storage.find(prefix("tnt_1"))) == []
    assert [each.path for each in place.storage.find(prefix("tnt_10"))] == [neighbour]
    with pytest.raises(FileMissingError):
        place.storage.complete(open_one, SIZES)


def test_seekable__reads_at_any_place(place):
    place.storage.complete(uploaded(place), SIZES)
    with open_seekable(place.storage, PATH, sum(SIZES)) as stream:
        assert (stream.seek(-len(LAST), 2), stream.read(), stream.read()) == (len(FIRST), LAST, b"")
        assert (stream.seek(10), stream.read(5), stream.tell()) == (10, FIRST[10:15], 15)
        assert (stream.seek(len(FIRST) - 2), stream.read(4)) == (len(FIRST) - 2, FIRST[-2:] + LAST[:2])
        with pytest.raises(OSError, match="-1"):
            stream.seek(-1)


def test_find__gives_paths_in_their_order(place):
    paths = [object_path("tnt_1", area, name, "content") for area in ("results", "uploads") for name in ("b", "a")]
    for path in paths:
        place.storage.write(path, [b"x"], "text/csv")
    assert [each.path for each in place.storage.find(prefix("tnt_1"))] == sorted(paths)
    assert [each.path for each in place.storage.find(prefix("tnt_1", "results"))] == sorted(paths[:2])


def test_abort_uploads__ends_those_begun_before__of_the_prefix_alone(place):
    old = uploaded(place)
    theirs = uploaded(place, object_path("tnt_2", "uploads", "fil_1", "content"))
    place.storage.abort_uploads(prefix("tnt_1"), place.later() - timedelta(days=2))
    place.storage.abort_uploads(prefix("tnt_1"), place.later())
    with pytest.raises(FileMissingError):
        place.storage.complete(old, SIZES)
    place.storage.complete(theirs, SIZES)


def test_download_url__gives_the_file_to_be_saved(place):
    place.storage.write(PATH, [b"a,b\n"], "text/csv")
    reply = place.http("GET", place.storage.download_url(PATH, "名单.csv", "text/csv", SOON))
    assert (reply.status, reply.body) == (200, b"a,b\n")
    headers = {name.lower(): value for name, value in reply.headers.items()}
    assert headers["content-disposition"].startswith("attachment; filename=")
    assert headers["content-type"].startswith("text/csv")


def test_download_url__a_page__is_served_as_octets(place):
    place.storage.write(PATH, [b"<script>"], "text/html")
    reply = place.http("GET", place.storage.download_url(PATH, "page.html", "text/html", SOON))
    assert {name.lower(): value for name, value in reply.headers.items()}["content-type"] == "application/octet-stream"


def test_download_url__a_range__gives_that_part(place):
    place.storage.complete(uploaded(place), SIZES)
    url = place.storage.download_url(PATH, "a.csv", "text/csv", SOON)
    seam = len(FIRST)
    reply = place.http("GET", url, HTTP_RANGE=f"bytes={seam - 2}-{seam + 2}")
    assert (reply.status, reply.body) == (206, (FIRST + LAST)[seam - 2 : seam + 3])
