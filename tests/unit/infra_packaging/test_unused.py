"""What stays out of the bundle: by rules that must go on matching, and the services that nobody calls."""

import pytest

from infra.packaging.errors import PackageError
from infra.packaging.unused import RULES, Rule, unused

DATA = {
    "botocore/data/endpoints.json",
    "botocore/data/s3/2006-03-01/service-2.json.gz",
    "botocore/data/iam/2010-05-08/service-2.json.gz",
}


def test_refused__a_rule_that_matches_nothing_any_more():
    with pytest.raises(PackageError, match=r"gone/\*"):
        unused(DATA, ["s3"], [Rule(("gone/*",), "was there once")])


def test_refused__a_service_that_botocore_does_not_know():
    with pytest.raises(PackageError, match="s4"):
        unused(DATA, ["s3", "s4"], [])


def test_descriptions_of_other_services_stay_out_and_general_files_in():
    assert unused(DATA, ["s3"], []) == {"botocore/data/iam/2010-05-08/service-2.json.gz"}


def test_what_a_rule_keeps_stays():
    rule = Rule(("ui/*",), "because", keep=("ui/static/a.css",))
    paths = {"ui/__init__.py", "ui/static/a.css", "ui/static/b.css", "ui.py"}
    assert unused(paths, [], [rule]) == {"ui/__init__.py", "ui/static/b.css"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.out[0])
def test_every_rule_has_a_reason_and_takes_nothing_of_ours(rule):
    assert rule.reason
    for path in ("app.py", "chalicelib/web/app.py", "chalicelib/web/static/start.js", "modules/contacts/manifest.py"):
        assert not rule.takes(path)


@pytest.mark.parametrize(
    "path",
    [
        "pydantic-2.14.3.dist-info/METADATA",
        "idna-3.20.dist-info/entry_points.txt",
        "boto3-1.44.5.dist-info/LICENSE",
        "swagger_ui/static/LICENSE",
        "botocore/cacert.pem",
        "botocore/data/partitions.json",
        "botocore/data/s3/2006-03-01/waiters-2.json",
    ],
)
def test_what_is_read_at_run_time_or_must_be_there_stays(path):
    assert not any(rule.takes(path) for rule in RULES)
