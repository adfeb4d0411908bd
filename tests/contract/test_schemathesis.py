"""The served document against the served routes (quality.md, T25): schemathesis calls every operation.

Each operation has a tenant of its own on DynamoDB Local. `--hypothesis-seed=N` draws other requests; without it they
are the same each time. `make test-all` draws a thousand for each operation.
"""

import json
import re
from collections import Counter
from itertools import count

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, seed, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure
from schemathesis.generation.feedback import FeedbackSources

# Private, and pinned with its version: the public `from_fixture` stumbles over pytest 9.2 (4.32.5 sets an attribute
# that its items no longer have), and `parametrize` builds all requests while tests are only being collected.
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.specs.openapi.checks import is_unexpected_http_status_case

import tenants
from chalicelib.modules import build_catalogue
from chalicelib.web.parsing import MAX_TERMS
from chalicelib.web.sources import collect_routes
from tenants.routes import ROUTES as ROUTES_OF_CORE
from tests.contract.seeds import Seeds
from tests.contract.whole_house import whole_house
from tests.support.engine import engine  # noqa: F401 - a fixture

pytestmark = pytest.mark.integration

ROUTES = sorted(
    collect_routes(ROUTES_OF_CORE, build_catalogue(tenants.MANIFEST)),
    key=lambda route: route.operation_id,
)
# Two groups, so that at most two processes start an engine for them, and each does so once.
OPERATIONS = [
    pytest.param(route.operation_id, marks=pytest.mark.xdist_group(f"schemathesis-{number % 2}"))
    for number, route in enumerate(ROUTES)
]
BRIEFLY = 8
# A recursive schema has ten thousand combinations to be covered: in short, the first of them and then every so-manieth.
ALL_OF, EVERY = 200, 40
SEQUENCES = 6
AT_LENGTH = 1000  # T25
SEED = 1

load_all_checks()
WITHOUT = {
    "positive_data_acceptance": "rules of meaning refuse what fits a schema; `refused_for_a_reason` knows which may",
    "object_level_authorization": "one identity calls here; the tenant matrix (T18) proves it for every route",
    "missing_required_header": "no operation requires a header but Authorization, which ignored_auth takes away",
    "max_response_time": "no test asserts wall-clock time (quality.md)",
}
"""Checks that are not run, each with the reason."""

REASONS = {
    400: {
        "invalid_cursor": "a cursor can't be made up",
        "total_not_available": "counted is the whole list, or one of some filters",
        "no_such_figures": "of some periods and combinations none are kept",
    },
    404: {"not_found": "the record does not exist"},
    409: {
        "already_exists": "unique in the tenant",
        "ambiguous_key": "several contacts share the key",
        "dependency_in_use": "another module needs it",
        "dependency_missing": "the module needs another one for all of that time",
        "too_many_overrides": "a feature has so many at most",
        "trial_used": "a module is tried once",
        "issuer_taken": "unique in the deployment",
        "older_figures": "a younger word is known",
        "parts_missing": "they are sent past the API",
        "not_mergeable": "two of one sort, neither of them merged already",
        "not_unmergeable": "once, and within thirty days",
        "possible_duplicates": "there is one alike",
        "conflict": "two operations of a batch change one record",
        "state_conflict": "not in this state",
        "tenant_name_taken": "unique in the deployment",
    },
    412: {"version_mismatch": "If-Match names another version"},
    422: {
        "atomic_batch_too_large": "depends on what each operation writes",
        "idempotency_key_reused": "the key was drawn twice",
    },
}
"""What may refuse a request that fits the document, by status and code, and why the document can't say it."""

MEANINGS = {
    "/admin/email value_error": "a domain that takes no mail (RFC 6761)",
    "/default_phone_region value_error": "not in the numbering plans",
    "/email value_error": "a domain that takes no mail",
    "/emails value_error": "the same",
    "/time_zone value_error": "not in the time zone database",
    "about_nothing": "an outage of everything",
    "archived_field": "fields are the tenant's own",
    "backwards": "ends before it starts",
    "before_start": "ends before it starts",
    "beyond_yours": "more than the caller holds",
    "custom_value": "fields are the tenant's own",
    "calendar_not_ready": "its holidays are not looked up yet",
    "cycle": "a contact above itself",
    "days_off_of_24x7": "no day is off where every hour counts",
    "document_number": "hardly anything but signs",
    "duplicate": "the same with other words",
    "field_taken": "one field has one column",
    "immutable": "stays as it was made",
    "in_the_past": "what was is not rewritten",
    "invalid_parameter": "as the list's query refuses it",
    "missing": "a patch of what is not there yet",
    "no_figures": "says nothing of a month that nobody knows",
    "no_shifts": "a week in which nobody works",
    "no_such_part": "the file has fewer",
    "not_a_list": "holds one value only",
    "number_expected": "a constant is read as a cell is",
    "other_currency": "one for a month",
    "not_an_organization": "of the wrong type",
    "not_confirmed": "neither the contact's name nor its id",
    "not_found": "names nothing",
    "not_then": "before the number was had, or in the future",
    "one_key": "of several ways to name a contact one",
    "operator": "a name that filters can't have",
    "references": "go with some types only",
    "options": "go with some types only",
    "out_of_range": "in the past",
    "phone_number": "not in the numbering plan of its region",
    "token_refused": "nobody signed it",
    "rule_form": "a node of exactly one form, which JSON Schema says less sharply",
    "rule_too_deep": "depth is no keyword of JSON Schema",
    "rule_too_large": "nor is the number of leaves",
    "unknown_attribute": "attributes are the tenant's own",
    "unknown_operator": "operators go with the attribute's type",
    "two_holders": "the other of two fields that exclude each other",
    "shift_out_of_day": "ends before it begins",
    "shifts_overlap": "or are not in order",
    "same_contact": "the loser is the winner",
    "too_many_scheduled": "so many changes of a subscription at most",
    "too_large": "more than this deployment takes",
    "too_many": "more than one call signs",
    "unknown_zone": "not in the time zone database",
    "unknown_column": "the file has no such column",
    "unknown_custom_field": "fields are the tenant's own",
    "unknown_field": "fields are the module's, or the tenant's own",
    "unknown_event": "events are the modules' own",
    "unknown_key": "nothing is found by it",
    "unknown_module": "names nothing",
    "unknown_permission": "names nothing",
    "unknown_plan": "plans are data",
    "url_refused": "an address that nobody outside of this network has",
    "unknown_reference": "names nothing",
    "unknown_role": "names nothing",
    "unknown_sheet": "names nothing",
    "unknown_kind": "kinds are the modules' own",
    "unknown_value": "words are the field's",
    "unmapped_key": "no column fills it",
    "unreadable_file": "no table",
    "range": "more days than one answer shows, or backwards",
    "unknown_meter": "what nothing is measured by",
    "in_the_future": "a month that has not begun, what has not been yet",
}
"""Codes of single values (422 `invalid`) that fit the schema and mean nothing here, or not for this caller."""


class UnexplainedRefusal(Failure):
    """A request that fits the document was refused for its form."""


class UnlistedProblem(Failure):
    """A problem whose code the document does not list for its status."""


def problem_is_listed(ctx, response, case):
    if response.status_code < 400 or is_unexpected_http_status_case(case):
        return
    said = case.operation.definition.raw["responses"].get(str(response.status_code))
    if said is None:
        return  # status_code_conformance says so
    if "$ref" in said:
        said = case.operation.schema.raw_schema["components"]["responses"][said["$ref"].rpartition("/")[2]]
    code = json.loads(response.content)["code"]
    if code not in said["x-codes"]:
        raise UnlistedProblem(
            operation=case.operation.label,
            title="A problem that the document does not list",
            message=f"{response.status_code} {code}, listed are {said['x-codes']}",
        )


def refused_for_a_reason(ctx, response, case):
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code < 400:
        return
    if is_unexpected_http_status_case(case):
        return
    problem = json.loads(response.content)
    code = problem["code"]
    if code in REASONS.get(response.status_code, {}):
        return
    wrong = [
        each
        for each in problem.get("errors", [])
        if not {each["code"], f"{re.sub(r'/[0-9]+', '', each['pointer'])} {each['code']}"} & set(MEANINGS)
    ]
    if code == "invalid" and not wrong:
        return
    if code == "invalid_parameter" and len(case.query) > MAX_TERMS:
        return  # the document says how many filters a list takes, a schema can't
    if code == "bad_request" and case.operation.definition.raw["operationId"] in {"look_up_contact", "list_holdings"}:
        assert len(case.query.keys() - {"fields", "limit", "cursor", "sort", "at"}) != 1
        return  # the same
    raise UnexplainedRefusal(
        operation=case.operation.label,
        title="The document allows what the code refuses",
        message=f"{response.status_code} {code}: {problem['detail']} {wrong}",
    )


CHECKED = [
    *(each for each in CHECKS.get_all() if each.__name__ not in WITHOUT),
    refused_for_a_reason,
    problem_is_listed,
]


@pytest.fixture(scope="module")
def house(engine, tmp_path_factory):  # noqa: F811 - the fixture
    with whole_house(engine.endpoint, tmp_path_factory.mktemp("issuer")) as made:
        yield made


def configured(number):
    # 412: a precondition is decided before the content is (RFC 9110, 13.2.1).
    refused = ["400", "401", "403", "404", "405", "409", "412", "415", "422"]
    return SchemathesisConfig.from_dict(
        {
            "seed": number,
            # The tests bring the credentials, and ignored_auth takes them away: a made-up one would only hide the rest.
            "generation": {"with-security-parameters": False},
            "checks": {"negative_data_rejection": {"expected-statuses": refused}},
        }
    )


@pytest.fixture(scope="module")
def schema(house, pytestconfig):
    config = configured(int(pytestconfig.getoption("--hypothesis-seed") or SEED))
    # As served; `from_wsgi` would leave out the operation that it loads from.
    loaded = schemathesis.openapi.from_dict(house.call("GET", "/v1/openapi.json"), config=config)
    loaded.app = house.wsgi
    return loaded


@pytest.fixture
def tenant(house):
    return house.onboard()


@pytest.fixture(autouse=True)
def nothing_stays_switched_off(house):
    """A kill switch is over all tenants: the next operation's too."""
    yield
    for each in house.call("GET", "/v1/kill-switches", by=house.operator)["items"]:
        house.call("DELETE", f"/v1/kill-switches/{each['target']}", by=house.operator)


@pytest.fixture
def tally(request):
    """Statuses of the answers. Only what has succeeded once has been tested."""
    counted = Counter()
    yield counted
    request.node.user_properties.append(("statuses", dict(sorted(counted.items()))))
    assert any(status < 300 for status in counted), f"nothing succeeded: {counted}"


def refused_inside(response):
    """Whether it is a batch's answer that refuses some operations: each decides for itself (api.md, Writing)."""
    return response.status_code == 207 and any(
        each["status"] >= 400 for each in json.loads(response.content)["results"]
    )


def checks_of(response):
    return [each for each in CHECKED if each.__name__ != "negative_data_rejection" or not refused_inside(response)]


def headers_of(case, tenant):
    raw = case.operation.definition.raw
    return {} if "x-link" in raw else {"Authorization": f"Bearer {tenant.credential(raw.get('x-permission'))}"}


def exercise(schema, operation_id, tenant, tally, examples):
    """Examples of the document, coverage of its schemas and drawn requests, valid and invalid ones."""
    seeds = Seeds(tenant)
    asked = count(1)

    def check(case):
        if examples == BRIEFLY and (number := next(asked)) > ALL_OF and number % EVERY:
            return
        seeds.fill(case)
        headers = headers_of(case, tenant)
        response = case.call(headers=headers)
        tally[response.status_code] += 1
        case.validate_response(
            response, checks=checks_of(response), headers=headers, transport_kwargs={"headers": headers}
        )

    draw = settings(max_examples=examples, database=None, suppress_health_check=list(HealthCheck))
    run = build_operation_test(
        config=schema.config,
        # Of the one schema: a schema that includes nothing else keeps 20 MB and takes a second to be made.
        operation=schema.find_operation_by_id(operation_id),
        test_func=check,
        given_kwargs={},
        feedback=FeedbackSources(),
        explicit_settings=draw,
    )
    run()


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_operation_keeps_its_contract(schema, operation_id, tenant, tally):
    exercise(schema, operation_id, tenant, tally, BRIEFLY)


@pytest.mark.slow
@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_operation_keeps_its_contract_at_length(schema, operation_id, tenant, tally):
    exercise(schema, operation_id, tenant, tally, AT_LENGTH)


SWITCHES = [
    "create_feature_override",
    "end_feature_override",
    "erase_tenant",
    "offboard_tenant",
    "override_feature",
    "set_kill_switch",
    "subscribe_module",
    "suspend_tenant",
    "unsubscribe_module",
]
"""Left out of sequences: whoever switches a module or itself off has nothing left to call."""


def exercise_sequences(schema, house, sequences):
    """Calls that go on with what the calls before have answered: create, read, change, delete, read."""
    succeeded = Counter()

    class Sequence(schema.exclude(operation_id=SWITCHES).as_state_machine()):
        def setup(self):
            self.tenant = house.onboard()

        def before_call(self, case):
            if not case._override.path_parameters:  # the ids of a link are real
                Seeds(self.tenant, always=True).fill(case)

        def get_call_kwargs(self, case):
            return {"headers": headers_of(case, self.tenant)}

        def validate_response(self, response, case, additional_checks=None, **kwargs):
            succeeded[case.operation.definition.raw["operationId"]] += response.status_code < 300
            case.validate_response(
                response, checks=checks_of(response), recorder=self.recorder, transport_kwargs=kwargs, **kwargs
            )

    draw = settings(
        max_examples=sequences,
        stateful_step_count=12,
        phases=[Phase.generate],  # to shrink a sequence takes minutes and says little more
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    seed(schema.config.seed)(Sequence)
    Sequence.run(settings=draw)
    assert +succeeded, "nothing succeeded"


@pytest.mark.xdist_group("schemathesis-1")
def test_sequences_keep_the_contract(schema, house):
    exercise_sequences(schema, house, SEQUENCES)


@pytest.mark.slow
@pytest.mark.xdist_group("schemathesis-1")
def test_sequences_keep_the_contract_at_length(schema, house):
    exercise_sequences(schema, house, AT_LENGTH)


@pytest.mark.xdist_group("schemathesis-0")
def test_every_route_is_called(schema):
    served = {found.ok().definition.raw["operationId"] for found in schema.get_all_operations()}
    assert served == {route.operation_id for route in ROUTES} == {each.values[0] for each in OPERATIONS}


def test_checks_that_are_left_out_exist():
    assert set(WITHOUT) <= {each.__name__ for each in CHECKS.get_all()} | {"max_response_time"}
