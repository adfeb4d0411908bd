"""Clusters that follow from customers' rows: record linkage by splink on DuckDB, the model in the open.

    rows → pairs that share a block → their likeness, field by field → probability → connected above the threshold

Fellegi and Sunter's model: each level of a comparison has m, how often it is seen between two records of one person,
and u, how often between two strangers. Both are fixed, so that the same rows give the same clusters, on any day and
machine; what depends on the tenant (how common a name is, how many records there are) is taken from the rows.

splink, DuckDB and pyarrow are in no function of the request path (requirements-batch.txt, decision 0036): they are
imported here alone, when a job gets here.
"""

import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from modules.contacts.duplicates.errors import LinkageMissing

THRESHOLD: Final = 0.6
"""A pair above it belongs together. Low, since a person decides on each cluster, and a duplicate that is not shown is
not found; measured: nothing between it and 0.9 costs precision (bench/duplicates.py)."""
TWO_ARE_ONE: Final = 0.00001
"""The chance that two of all records are one person: of 10,000, of whom 5 % come twice, 500 pairs of 50 million.

Not by the tenant's own number: what strangers share by chance grows rarer with it, what households share does not.
"""
MOST_MEMBERS: Final = 30
COUNTING_NAMES: Final = 1000
"""From so many records on it is known how common a name is; among fewer every duplicate makes its name a common one."""
LONG_NAME: Final = 5
"""Letters from which on one of them is an error and no other name."""
MEMORY: Final = "1GB"
THREADS: Final = 2

Row = dict[str, Any]
_SCHEMA: Final = {"phones": True, "emails": True, "other_ids": True}


@dataclass(frozen=True, slots=True)
class Found:
    """A cluster: its members' ids in order, and its pairs: one, other, probability, what is alike."""

    members: tuple[str, ...]
    pairs: tuple[tuple[str, str, float, tuple[str, ...]], ...]


def clusters_of(rows: Sequence[Row]) -> list[Found]:
    """The clusters among rows (rules.py, ``row_of``), each of at most MOST_MEMBERS. Raises LinkageMissing."""
    if len(rows) < 2:  # noqa: PLR2004 - a pair
        return []
    try:
        import duckdb  # noqa: F401, PLC0415 - in batch workers alone
        import splink  # noqa: F401, PLC0415
    except ImportError as error:
        raise LinkageMissing from error
    return list(_clusters(_pairs(rows)))


def _pairs(rows: Sequence[Row]) -> list[tuple[str, str, float, tuple[str, ...]]]:
    import duckdb  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415
    from splink import DuckDBAPI, Linker  # noqa: PLC0415

    texts, lists = pa.string(), pa.list_(pa.string())
    fields = [(name, lists if _SCHEMA.get(name) else texts) for name in rows[0]]
    with tempfile.TemporaryDirectory(prefix="switchboard-linkage-") as spill:
        config: dict[str, Any] = {
            "memory_limit": MEMORY,
            "threads": THREADS,
            "temp_directory": spill,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        connection = duckdb.connect(":memory:", config=config)
        try:
            api = DuckDBAPI(connection=connection)
            table = api.register(pa.Table.from_pylist(list(rows), schema=pa.schema(fields)))
            linker = Linker(table, _settings(len(rows)), log_level=None)
            found = linker.inference.predict(threshold_match_probability=THRESHOLD).as_record_list()
        finally:
            connection.close()
    pairs = (_pair(each) for each in found)
    return sorted(pairs)


def _pair(predicted: Row) -> tuple[str, str, float, tuple[str, ...]]:
    one, other = sorted((predicted["unique_id_l"], predicted["unique_id_r"]))
    alike = tuple(name for name in _REASONS if predicted[f"gamma_{name}"] > 0)
    return one, other, round(float(predicted["match_probability"]), 4), alike


_REASONS: Final = ("name", "phone", "email", "birth_date", "address", "other_id")


def _settings(count: int) -> Any:
    from splink import SettingsCreator, block_on  # noqa: PLC0415

    return SettingsCreator(
        link_type="dedupe_only",
        probability_two_random_records_match=TWO_ARE_ONE,
        blocking_rules_to_generate_predictions=[
            block_on("phones", arrays_to_explode=["phones"]),
            block_on("emails", arrays_to_explode=["emails"]),
            block_on("other_ids", arrays_to_explode=["other_ids"]),
            block_on("birth_date"),
            block_on("name", "postal_code"),
            block_on("street", "postal_code"),
        ],
        comparisons=list(_comparisons(names_counted=count >= COUNTING_NAMES)),
        retain_intermediate_calculation_columns=False,
    )


def _comparisons(*, names_counted: bool) -> Iterator[Any]:
    import splink.comparison_level_library as cll  # noqa: PLC0415
    import splink.comparison_library as cl  # noqa: PLC0415

    def level(sql: str, said: str, m: float, u: float) -> Any:
        return cll.CustomLevel(sql, said).configure(m_probability=m, u_probability=u)

    def otherwise(m: float, u: float) -> Any:
        return cll.ElseLevel().configure(m_probability=m, u_probability=u)

    def shared(name: str, column: str, m: float, u: float) -> Any:
        return cl.CustomComparison(
            output_column_name=name,
            comparison_levels=[
                cll.CustomLevel(f"len({column}_l) = 0 OR len({column}_r) = 0", "unknown").configure(is_null_level=True),
                level(f"list_has_any({column}_l, {column}_r)", "one in common", m, u),
                otherwise(1 - m, 1 - u),
            ],
        )

    # Names, with their words in any order. An exact one weighs by how rare it is among the tenant's customers. A typing
    # error is one edit, or leaves Jaro-Winkler above 0.97: below it are sisters and brothers, whose family names agree.
    # Of two or three Chinese characters one is as much of a name as it is an error: that says nothing.
    ways = (("name", "name"), ("plain", "plain"), ("plain", "turned"), ("turned", "plain"))
    edits = ", ".join(f"damerau_levenshtein({one}_l, {other}_r)" for one, other in ways)
    likeness = ", ".join(f"jaro_winkler_similarity({one}_l, {other}_r)" for one, other in ways)
    long = f"least(length(name_l), length(name_r)) >= {LONG_NAME}"
    exact = cll.ExactMatchLevel("name", term_frequency_adjustments=names_counted).configure(
        m_probability=0.74, u_probability=0.002, tf_adjustment_weight=1.0
    )
    yield cl.CustomComparison(
        output_column_name="name",
        comparison_levels=[
            cll.NullLevel("name"),
            exact,
            level(f"{long} AND (least({edits}) <= 1 OR greatest({likeness}) >= 0.97)", "a typing error", 0.2, 0.001),
            level(f"least({edits}) <= 1", "one character of a short name", 0.04, 0.03),
            otherwise(0.02, 0.967),
        ],
    )
    # Numbers and addresses: people change them, households share them.
    yield shared("phone", "phones", 0.8, 0.0001)
    yield shared("email", "emails", 0.8, 0.00005)
    # A date of birth does not change; it is mistyped by a digit, or day and month change places.
    yield cl.CustomComparison(
        output_column_name="birth_date",
        comparison_levels=[
            cll.NullLevel("birth_date"),
            cll.ExactMatchLevel("birth_date").configure(m_probability=0.93, u_probability=0.00005),
            level(
                "damerau_levenshtein(birth_date_l, birth_date_r) <= 1 OR (birth_date_l[1:4] = birth_date_r[1:4] AND "
                "birth_date_l[6:7] = birth_date_r[9:10] AND birth_date_l[9:10] = birth_date_r[6:7])",
                "a typing error",
                0.05,
                0.001,
            ),
            otherwise(0.02, 0.99895),
        ],
    )
    same_place = "postal_code_l = postal_code_r"
    yield cl.CustomComparison(
        output_column_name="address",
        comparison_levels=[
            cll.CustomLevel("postal_code_l IS NULL OR postal_code_r IS NULL", "unknown").configure(is_null_level=True),
            level(f"{same_place} AND street_l = street_r", "the same house", 0.7, 0.001),
            level(
                f"{same_place} AND jaro_winkler_similarity(street_l, street_r) >= 0.9", "a typing error", 0.08, 0.002
            ),
            level(same_place, "the same postal code", 0.12, 0.02),
            otherwise(0.1, 0.977),
        ],
    )
    # The same id under two systems' names; ids of one system are unique, so most duplicates have others.
    yield shared("other_id", "other_ids", 0.02, 0.000001)


def _clusters(pairs: Sequence[tuple[str, str, float, tuple[str, ...]]]) -> Iterator[Found]:
    """What hangs together by pairs, in the order of the first members."""
    above: dict[str, str] = {}

    def top(of: str) -> str:
        while above.setdefault(of, of) != of:
            above[of] = above[above[of]]
            of = above[of]
        return of

    for one, other, *_ in pairs:
        first, second = sorted((top(one), top(other)))
        above[second] = first
    members: defaultdict[str, set[str]] = defaultdict(set)
    inside: defaultdict[str, list[tuple[str, str, float, tuple[str, ...]]]] = defaultdict(list)
    for pair in pairs:
        members[top(pair[0])] |= {pair[0], pair[1]}
        inside[top(pair[0])].append(pair)
    for first in sorted(members):
        kept = tuple(sorted(members[first])[:MOST_MEMBERS])
        yield Found(kept, tuple(each for each in inside[first] if each[0] in kept and each[1] in kept))


def as_line(found: Found) -> str:
    """A cluster as a line of a part."""
    return json.dumps({"members": found.members, "pairs": found.pairs})
