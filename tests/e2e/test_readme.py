"""README.md, «First success»: its blocks, pasted into a shell one after the other, give the answers that it tells."""

import re
import shutil
import subprocess
import sys

import pytest

from tests.support.local_run import ROOT

pytestmark = pytest.mark.xdist_group("e2e")

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(shutil.which("curl") is None, reason="the README is for curl, and there is none here")
def test_readme__pasted_into_a_shell__answers_what_it_tells(run, tmp_path):
    blocks = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(blocks) >= 9
    script = "\n".join(["set -eu", *blocks])
    # What differs from a stranger's clone: port and data of this run, and the virtual environment that is there.
    for theirs, here in {
        "http://localhost:8000": run.base_url,
        ".data/demo.json": str(run.data / "demo.json"),
        "make sample ROWS=500": f"mkdir -p build; (cd {ROOT}; {sys.executable} -m infra.sample --rows 500 "
        f"{tmp_path}/build/sample_customers.csv)",
        "examples/load_customers.py": str(ROOT / "examples" / "load_customers.py"),
    }.items():
        assert theirs in script
        script = script.replace(theirs, here)
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=run.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    said = iter(done.stdout.splitlines())
    # In this order; what is between them is free.
    for expected in (
        r"lnk_\S+",
        r"sbk_\S+",
        r'.*"status":403.*"enable_with":"PUT /v1/modules/contacts/subscription".*',
        "active",
        r'\{"items":\[\],"next_cursor":null\}',
        "contract",
        "custom fields: 28 declared, 1 there before",
        "500 of 500",
        "500 rows in .* 500 created, 0 rejected",
        "churned",
        "32",
        "74",
        "500 rows in .* 0 created, 0 rejected",
        "  500 unchanged .*",
        "ready",
        "external_id",
        "succeeded",
        r"\{'created': 0, .*'unchanged': 500, .*",
        "ready",
        "68",
        "module_not_enabled",
        "activ(e|ating)",
        r'\{"items":\[\{"id":"cnt_.*',
        "active",
        "/billing/",
        "assigned",
        "in_progress",
        "resolved",
        r"Charged twice in April \(resolved\)",
    ):
        assert any(re.fullmatch(expected, line) for line in said), (expected, done.stdout)
