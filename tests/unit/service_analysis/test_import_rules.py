"""What a row of another service desk says of a request."""

import pytest

from chalicelib.imports.suggest import Reason, Sample, suggest
from modules.service_analysis.imports.rules import FIELDS, came_as, document, implied
from modules.service_analysis.requests.rules import CameAs, Status


@pytest.mark.parametrize(
    ("column", "cells", "field"),
    [
        ("Ticket #", ["250635", "comcas"], "external_id"),
        ("工单编号", ["T1"], "external_id"),
        ("Customer Complaint", ["Slow"], "title"),
        ("投诉内容", ["网速慢"], "title"),
        ("Details", ["Slow"], "description"),
        ("Date", ["2015-04-22"], "opened_at"),
        ("受理时间", ["2015-04-22"], "opened_at"),
        ("Received Via", ["Internet"], "channel"),
        ("受理渠道", ["热线"], "channel"),
        ("City", ["Acworth"], "area.city"),
        ("省份", ["浙江"], "area.state"),
        ("Status", ["Open"], "status"),
        ("how is it", ["Open", "Solved"], "status"),
        ("Customer ID", ["7"], "contact.external_id"),
        ("MSISDN", ["13800000000"], "contact.number"),
        ("Zip code", ["30102"], None),
        ("Filing on Behalf of Someone", ["Yes", "No"], None),
    ],
)
def test_column__goes_where_its_name_or_its_cells_say(column, cells, field):
    found = suggest(Sample({column: cells}, whole=True), FIELDS, None, {})[column]
    assert found.field == field
    assert (found.reason is Reason.KEPT_OUT) == (field is None)


@pytest.mark.parametrize(
    ("columns", "constants"),
    [
        ({"title": "Customer Complaint"}, {"type": "complaint"}),
        ({"external_id": "投诉编号", "title": "内容"}, {"type": "complaint"}),
        ({"title": "Customer Complaint", "type": "Type"}, {}),
        ({"title": "Subject"}, {}),
        ({"status": "Complaint status"}, {}),
    ],
)
def test_file_of_complaints__says_so_by_its_columns(columns, constants):
    assert implied(columns) == constants


def test_document__number_area_and_words():
    values = {
        "external_id": "0042",
        "title": " Slow   speed ",
        "area.city": "Winston/Salem",
        "area.state": "North Carolina",
        "status": "closed",
        "channel": "phone",
    }
    assert document(values, "desk") == {
        "external_id": {"system": "desk", "id": "0042"},
        "title": "Slow speed",
        "area": ["North Carolina", "Winston-Salem"],
        "channel": "phone",
    }


def test_document__long_title__is_cut_and_whole_below():
    text = "word " * 60 + "end"
    found = document({"title": text}, "desk")
    assert len(found["title"]) <= 200
    assert found["description"] == text
    assert document({"title": text, "description": "Short"}, "desk")["description"] == "Short"
    assert document({"description": "Only this"}, "desk") == {"title": "Only this", "description": "Only this"}


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({}, Status.NEW),
        ({"resolved_at": "2015-05-01T00:00:00Z"}, Status.RESOLVED),
        ({"resolved_at": "2015-05-01T00:00:00Z", "closed_at": "2015-05-02T00:00:00Z"}, Status.CLOSED),
        ({"status": "pending", "resolved_at": "2015-05-01T00:00:00Z"}, Status.PENDING),
    ],
)
def test_where_it_stands__as_said_else_by_its_times(values, status):
    assert came_as(values).stands() is status


def test_nothing_said__says_nothing_of_where_it_stands():
    assert came_as({"opened_at": "2015-04-22T15:53:50Z"}).says_where is False
    assert CameAs(status=Status.NEW).says_where
