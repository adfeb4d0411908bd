"""The operations that are measured, each with its budget. Data: requests in the words of `{placeholders}`.

Placeholders are the ids and values of one well-kept customer (probe.py), the same at every size.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bench import budgets
from bench.budgets import Budget, fair, queried, trips
from bench.customers import SYSTEM

SCOPED: Final = "an area manager"
"""Sees one org unit and what is below it, signed in with a token."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One request and what it may take.

    ``grows``: it finds more where there are more customers, up to its budget. ``parts``: it does so many things, and
    what it takes is told for one. ``truncated``: it has to say ``truncated_scan`` from 1,000 customers on.
    """

    name: str
    path: str
    budget: Budget
    method: str = "GET"
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    by: str = ""
    grows: bool = False
    parts: int = 1
    truncated: bool = False

    @property
    def reads(self) -> bool:
        """Whether it only reads."""
        return self.method == "GET"


PAGE: Final = f"/v1/contacts?limit={budgets.PAGE}"
CHILDREN: Final = Budget("≤ 2 round trips (customer, children)", (trips(2), fair))
TOTAL: Final = Budget("page + 1 round trip", (trips(2), fair))
MEMBERS: Final = Budget("≤ 3 round trips (segment, members, customers)", (trips(3), fair))
NAMED: Final = Budget("≤ 3 round trips (what is named, what stands there, what that names)", (trips(3), fair))
TWO_OF_A_KIND: Final = Budget("≤ 2 round trips", (trips(2), queried(2 * budgets.PAGE), fair))

ANALYSIS: Final = "/v1/service/analysis"
ONE_QUERY: Final = Budget("1 round trip", (trips(1), fair))
A_YEAR: Final = Budget("1 round trip a month", (trips(12), fair))
ONE_PAGE: Final = Budget("≤ 2 round trips (what was posted, requests)", (trips(2), fair))

READS: Final = (
    Operation("contact by id", "/v1/contacts/{contact}", budgets.BY_ID),
    Operation("contact by id, signed in with a token", "/v1/contacts/{contact}", budgets.BY_ID, by=SCOPED),
    Operation("line by id", "/v1/contacts/{contact}/lines/{line}", budgets.BY_ID),
    Operation("interaction by id", "/v1/contacts/{contact}/interactions/{interaction}", budgets.BY_ID),
    Operation("look-up by external id", "/v1/contacts/lookup?external_id={system}:{external_id}", budgets.LOOK_UP),
    Operation(
        "look-up by external id in the path", "/v1/contacts/by-external-id/{system}/{external_id}", budgets.LOOK_UP
    ),
    Operation("look-up by e-mail", "/v1/contacts/lookup?email={email}", budgets.LOOK_UP),
    Operation("look-up by phone", "/v1/contacts/lookup?phone={phone}", budgets.LOOK_UP),
    Operation("look-up by MSISDN", "/v1/contacts/lookup?msisdn={msisdn}", budgets.LOOK_UP),
    Operation("look-up by account", "/v1/contacts/lookup?account={account}", budgets.LOOK_UP),
    Operation("look-up by identity document", "/v1/contacts/lookup?id_document={document}", budgets.LOOK_UP),
    Operation("overview: 4 lines, 20 entries, 2 badges", "/v1/contacts/{contact}/overview", budgets.OVERVIEW),
    Operation("timeline, 50 of 60", "/v1/contacts/{contact}/timeline", CHILDREN),
    Operation("timeline of one type", "/v1/contacts/{contact}/timeline?type=interaction", CHILDREN),
    Operation(
        "may be contacted?", "/v1/contacts/{contact}/contactability?channel=email&purpose=marketing", budgets.BY_ID
    ),
    Operation("consents of a contact", "/v1/contacts/{contact}/consents", CHILDREN),
    Operation("history of consents", "/v1/contacts/{contact}/consents/history", CHILDREN),
    Operation("interactions of a contact", "/v1/contacts/{contact}/interactions", CHILDREN),
    Operation("months of a line", "/v1/contacts/{contact}/usage?line_id={line}", CHILDREN),
    Operation("figures of a year", "/v1/contacts/{contact}/usage/figures?from=2025-01", CHILDREN),
    Operation("hierarchy of a contact", "/v1/contacts/{contact}/hierarchy", budgets.UNNAMED),
    Operation("who held a number", "/v1/lines/holdings?msisdn={msisdn}", NAMED),
    Operation("segments of a contact", "/v1/contacts/{contact}/segments", NAMED),
    Operation("segment with its size", "/v1/segments/{segment}", CHILDREN),
    Operation("members of a segment", "/v1/segments/{segment}/members", MEMBERS),
    Operation("why in a segment", "/v1/segments/{segment}/explain?contact={contact}", budgets.UNNAMED),
    Operation("list: of a household", PAGE + "&household_id={household}", TWO_OF_A_KIND),
    Operation("list: of a group", PAGE + "&parent_id={group}", TWO_OF_A_KIND),
    Operation("list: custom.tier=gold", PAGE + "&custom.tier=gold", budgets.OTHER_FILTER),
    Operation("lines of a contact", "/v1/contacts/{contact}/lines", CHILDREN),
    Operation("list: newest", PAGE, budgets.INDEXED),
    Operation("list: second page", PAGE + "&cursor={cursor}", budgets.INDEXED),
    Operation("list: status=active", PAGE + "&status=active", budgets.INDEXED),
    Operation("list: owner", PAGE + "&owner_id={owner}", budgets.INDEXED),
    Operation("list: created since", PAGE + "&created_at.gte={since}", budgets.INDEXED),
    Operation("list: an area manager's", PAGE, budgets.INDEXED, by=SCOPED),
    Operation("list: lines", "/v1/lines?limit=50", budgets.INDEXED),
    Operation("list: lines, status=active", "/v1/lines?limit=50&status=active", budgets.INDEXED),
    Operation("list: newest, with the exact total", PAGE + "&include_total=true", TOTAL),
    Operation("list: status=active, with the exact total", PAGE + "&status=active&include_total=true", TOTAL),
    Operation("list: a city that nobody lives in", PAGE + "&city={nowhere}", budgets.OTHER_FILTER, truncated=True),
    Operation("list: city=Los Angeles", PAGE + "&city={city}", budgets.OTHER_FILTER),
    Operation("list: status=active and city", PAGE + "&status=active&city={nowhere}", budgets.OTHER_FILTER, grows=True),
    Operation("search: a Chinese name's part (三丰)", PAGE + "&q=三丰", budgets.SEARCH),
    Operation("search: pinyin (zhangsf)", PAGE + "&q=zhangsf", budgets.SEARCH),
    Operation("search: initials (zsf)", PAGE + "&q=zsf", budgets.SEARCH, grows=True),
    Operation("search: two words (jose nun)", PAGE + "&q=jose+nun", budgets.SEARCH, grows=True),
    Operation("search: last digits", PAGE + "&q={digits}", budgets.SEARCH, grows=True),
    Operation("search: external id", PAGE + "&q={external_id}", budgets.SEARCH),
    Operation("request by id", "/v1/requests/{request}", budgets.BY_ID),
    Operation("history of a request", "/v1/requests/{request}/entries", CHILDREN),
    Operation("list: requests", "/v1/requests?limit=50", budgets.INDEXED),
    Operation("list: requests of a customer", "/v1/requests?limit=50&contact_id={contact}", TWO_OF_A_KIND),
    Operation(
        "service figures: a month of the whole", f"{ANALYSIS}/figures?from=2026-04&to=2026-04&show=opened", ONE_QUERY
    ),
    Operation(
        "service figures: a year by month, opened", f"{ANALYSIS}/figures?from=2026-01&to=2026-12&show=opened", A_YEAR
    ),
    Operation("service figures: statuses", f"{ANALYSIS}/statuses", ONE_QUERY),
    Operation("service figures: causes of a month", f"{ANALYSIS}/causes?from=2026-04&to=2026-04", TWO_OF_A_KIND),
    Operation("service figures: who complains again", f"{ANALYSIS}/repeat-complainers?period=2026-04", ONE_QUERY),
    Operation("service figures: requests of a month", f"{ANALYSIS}/requests?from=2026-04&to=2026-04", ONE_PAGE),
    Operation("search: nobody", PAGE + "&q=nobodyofthatname", budgets.SEARCH),
    Operation("search: the commonest letter (c)", PAGE + "&q=c", budgets.SEARCH, grows=True),
    Operation("search: the commonest family name (张)", PAGE + "&q=张", budgets.SEARCH, grows=True),
)

NEW: Final = {
    "name": "Ana María Ortega",
    "external_ids": [{"system": SYSTEM, "id": "N-{run}"}],
    "phones": ["+14155550199"],
    "emails": ["ana{run}@example.com"],
    "addresses": [{"city": "Ojai", "postal_code": "93023", "country": "US"}],
}
IN_A_BATCH: Final = 100
TOUCH: Final = {"channel": "phone", "direction": "inbound", "title": "Asks about the bill"}

WRITES: Final = (
    Operation("create a contact", "/v1/contacts", budgets.CREATE, "POST", NEW),
    Operation(
        "create a contact, Idempotency-Key",
        "/v1/contacts",
        budgets.CREATE,
        "POST",
        {
            **NEW,
            "name": "Begoña Zúñiga Ríos",
            "external_ids": [{"system": SYSTEM, "id": "K-{run}"}],
            "emails": ["begona{run}@example.com"],
            "phones": ["+14155550198"],
        },
        {"Idempotency-Key": "k-{run}"},
    ),
    Operation("add a line", "/v1/contacts/{contact}/lines", budgets.CREATE, "POST", {"account": "{account}"}),
    Operation("note an interaction", "/v1/contacts/{contact}/interactions", budgets.CREATE, "POST", TOUCH),
    Operation(
        "create 100 contacts in a batch, each",
        "/v1/contacts/batch",
        budgets.UNNAMED,
        "POST",
        {"operations": [{"op": "create", "data": {**NEW, "external_ids": []}}] * IN_A_BATCH},
        parts=IN_A_BATCH,
    ),
    Operation("change a contact", "/v1/contacts/{other}", budgets.UNNAMED, "PATCH", {"status": "suspended"}),
    Operation("change nothing", "/v1/contacts/{other}", budgets.UNNAMED, "PATCH", {"status": "suspended"}),
    Operation(
        "upsert that changes nothing",
        "/v1/contacts/by-external-id/{system}/N-{run}",
        budgets.UNNAMED,
        "PUT",
        NEW,
    ),
    Operation(
        "note 100 interactions by a number, each",
        "/v1/interactions/batch",
        budgets.UNNAMED,
        "POST",
        {"operations": [{"op": "create", "data": {**TOUCH, "contact": {"msisdn": "{msisdn}"}}}] * IN_A_BATCH},
        parts=IN_A_BATCH,
    ),
    Operation("say a month", "/v1/contacts/{contact}/usage/2026-02", budgets.UNNAMED, "PUT", {"voice_minutes": "7"}),
    Operation(
        "pass a line on", "/v1/contacts/{contact}/lines/{line}/transfer", budgets.UNNAMED, "POST", {"to": "{other}"}
    ),
    Operation(
        "open a request",
        "/v1/requests",
        budgets.UNNAMED,
        "POST",
        {"type": "complaint", "title": "Charged twice", "contact_id": "{contact}"},
    ),
    Operation("take a request", "/v1/requests/{request}/actions", budgets.UNNAMED, "POST", {"action": "take"}),
    Operation("delete a contact", "/v1/contacts/{last}", budgets.UNNAMED, "DELETE"),
)
