"""The demo's customers: made up, the same each time, nobody real."""

import re
from pathlib import Path
from typing import Any

import pytest

from infra.local import demo
from infra.local.demo_data import CUSTOMERS, TENANTS, DemoTenant, customers
from infra.local.errors import DemoError


@pytest.mark.parametrize("tenant", TENANTS, ids=lambda tenant: tenant.slug)
def test_customers__are_the_same_each_time_and_all_different(tenant: DemoTenant) -> None:
    made = list(customers(tenant))
    assert made == list(customers(tenant))
    assert len(made) == CUSTOMERS
    for path in ("external_ids", "phones", "emails"):
        assert len({str(one[path]) for one in made}) == CUSTOMERS


@pytest.mark.parametrize("tenant", TENANTS, ids=lambda tenant: tenant.slug)
def test_customers__are_nobody(tenant: DemoTenant) -> None:
    for one in customers(tenant):
        assert one["emails"][0].endswith("@example.com")
        assert re.fullmatch(r"\+1\d{3}55501\d\d|\+861990000\d{4}", one["phones"][0])


class _FakeApi:
    """Answers each route; refuses the call whose number is in `failing`. Keeps answers by Idempotency-Key."""

    def __init__(self, failing: set[int] | None = None) -> None:
        self.calls: list[str] = []
        self.tenants: set[str] = set()
        self.created: dict[str, Any] = {}
        self._failing = failing or set()
        self._seen: dict[str, Any] = {}

    def call(self, method: str, path: str, _credential: str, body: Any = None, *, key: str = "") -> Any:
        self.calls.append(f"{method} {path}")
        if key not in self._seen or not key:
            self._seen[key] = self._answer(method, path, body or {})
        if len(self.calls) in self._failing:  # after the commit: the answer is lost
            message = "lost"
            raise DemoError(message, 503)
        return self._seen[key]

    def _answer(self, method: str, path: str, body: Any) -> Any:
        if (method, path) == ("POST", "/v1/tenants"):
            self.tenants.add(f"tnt_{len(self.tenants)}")
            return {"id": f"tnt_{len(self.tenants) - 1}", "invitation": {"link": "lnk_1"}}
        if path.startswith("/v1/tenants/") and path.rpartition("/")[2] not in self.tenants:
            message = "gone"
            raise DemoError(message, 404)
        for operation in body.get("operations", []):
            self.created[operation["data"]["external_ids"][0]["id"]] = operation["data"]
        return {"api_key": "sbk_1", "invitation": {"link": "lnk_2"}, "results": []}


def _load(api: _FakeApi, directory: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(demo, "Api", lambda _: api)
    return demo.load("http://localhost", directory, lambda subject: f"token-{subject}", lambda _: None)


def test_load__second_time__makes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    api = _FakeApi()
    first = _load(api, tmp_path, monkeypatch)
    api.calls.clear()
    assert _load(api, tmp_path, monkeypatch) == first
    assert {call.split()[0] for call in api.calls} == {"GET"}
    assert [tenant["api_key"] for tenant in first["tenants"]] == ["sbk_1", "sbk_1"]


@pytest.mark.parametrize("step", range(1, 12))
def test_load__an_answer_lost_at_any_step__is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    api = _FakeApi({step})
    with pytest.raises(DemoError):
        _load(api, tmp_path, monkeypatch)
    _load(api, tmp_path, monkeypatch)
    assert len(api.tenants) == len(TENANTS)
    assert len(api.created) == CUSTOMERS * len(TENANTS)


def test_load__into_an_emptied_store__begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _load(_FakeApi(), tmp_path, monkeypatch)
    fresh = _FakeApi()
    _load(fresh, tmp_path, monkeypatch)
    assert len(fresh.created) == CUSTOMERS * len(TENANTS)


def test_keys__are_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _load(_FakeApi(), tmp_path, monkeypatch)
    assert (tmp_path / "demo-keys.json").stat().st_mode & 0o777 == 0o600
