"""Use cases of categories."""

from dataclasses import dataclass
from typing import Final

from chalicelib.cached import Memory
from chalicelib.call import Call
from chalicelib.modules import Text
from chalicelib.problems import NotFound
from chalicelib.store import keys
from chalicelib.store.lists import ListQuery, list_records
from chalicelib.store.store import Store
from chalicelib.web.results import Created, Listed, Patch
from modules.service_analysis.categories import errors
from modules.service_analysis.categories.records import Category
from modules.service_analysis.categories.schemas import CategoryIn, CategoryList, CategoryOut, CategoryTitles
from modules.service_analysis.kinds import CATEGORY
from modules.service_analysis.topics.rules import OTHER, VOCABULARY, Topic, topic

# All are read for a new request, in one query of at most 300 kB.
MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Tree:
    """A tenant's categories: the paths that new requests can have, all titles, and the words that lead to them."""

    open: frozenset[str]
    titles: dict[str, Text]
    vocabulary: tuple[Topic, ...]


def _standard_path(name: str) -> str:
    return f"/{name}/"


# What a tenant has that has declared none: the causes that customers of operators complain of (topics/rules.py).
STANDARD: Final = Tree(
    frozenset(_standard_path(each.name) for each in VOCABULARY),
    {_standard_path(each.name): each.titles for each in VOCABULARY},
    tuple(Topic(_standard_path(each.name), each.titles, each.terms) for each in VOCABULARY),
)
# Every new request asks for them; they are at most 5 s old.
_trees: Memory[Tree] = Memory()


def tree_of(store: Store) -> Tree:
    """The tenant's categories, at most 5 s old."""
    return _trees.recall(store.boundary, lambda: (store.boundary, load(store))) or STANDARD


def load(store: Store) -> Tree:
    """The tenant's categories as they are now."""
    shelf = store.query_all(keys.shelf(store.boundary, CATEGORY.name))
    found = sorted((each for each in shelf if isinstance(each, Category)), key=lambda each: (int(each.rank), each.path))
    if not found:
        return STANDARD
    titles = {str(each.path): Text(each.titles["en"], each.titles.get("zh") or each.titles["en"]) for each in found}
    alive = [each for each in found if not each.retired]
    words = tuple(Topic(str(each.path), titles[str(each.path)], tuple(each.terms)) for each in alive if each.terms)
    return Tree(frozenset(str(each.path) for each in alive), titles, words)


def chosen(call: Call, wanted: str | None, before: str | None, text: str) -> str | None:
    """The category that is named, which a request may keep when it is retired; else what the text is about, if known.

    Raises Invalid.
    """
    tree = tree_of(call.store)
    if wanted is not None:
        if wanted != before and wanted not in tree.open:
            raise errors.unknown_category()
        return wanted
    found = topic(text, tree.vocabulary)
    return None if found == OTHER else found


def called(call: Call, name: str) -> str:
    """The path of the category that has this path or title, in either language and any case. Raises Invalid."""
    tree, wanted = tree_of(call.store), name.casefold()
    for path in sorted(tree.open):
        if wanted in {path, path.strip("/"), tree.titles[path].en.casefold(), tree.titles[path].zh.casefold()}:
            return path
    raise errors.unknown_category()


def category_out(record: Category) -> CategoryOut:
    """The category as everybody reads it."""
    values = {name: getattr(record, name) for name in CategoryOut.model_fields} | {"terms": record.terms or []}
    return CategoryOut.model_validate({**values, "rank": int(record.rank), "version": int(record.version)})


def create_category(call: Call, body: CategoryIn) -> Created[CategoryOut]:
    """A new category; AlreadyExists at the commit when the path is taken."""
    declared = _declared(call)
    if len(declared) >= MOST:
        raise errors.too_many(MOST)
    above = f"{body.path.rstrip('/').rpartition('/')[0]}/"
    if above != "/" and above not in {each.path for each in declared}:
        raise errors.no_parent()
    record = _new(call, body)
    return Created(category_out(record), f"/v1/service/categories/{record.id}")


def adopt_standard(call: Call) -> CategoryList:
    """Make the standard categories the tenant's own, to change them; those that it has declared itself stay."""
    declared = {each.path for each in _declared(call)}
    made = [
        _new(
            call,
            CategoryIn(
                path=_standard_path(each.name),
                titles=CategoryTitles(en=each.titles.en, zh=each.titles.zh),
                terms=list(each.terms),
                rank=(place + 1) * 10,
            ),
        )
        for place, each in enumerate(VOCABULARY)
        if _standard_path(each.name) not in declared
    ]
    return CategoryList(items=[category_out(each) for each in made])


def get_category(call: Call, category_id: str) -> Category:
    """The category of that id; raises NotFound."""
    record = call.store.get(Category, category_id)
    if record is None:
        raise NotFound
    return record


def list_categories(call: Call, query: ListQuery) -> Listed[CategoryOut]:
    """A page of the tenant's own categories."""
    page = list_records(call.store, Category, query)
    return Listed([category_out(each) for each in page.items], page.next_position, page.truncated)


def update_category(call: Call, category_id: str, body: Patch[CategoryIn]) -> CategoryOut:
    """Change titles, words and rank, or retire it: requests and figures that have it keep it."""
    record = get_category(call, category_id)
    current = category_out(record).model_dump(mode="json", include=set(CategoryIn.model_fields))
    call.check_version(record, {name: current.get(name) for name in body.touched})
    wanted = body.apply({name: value for name, value in current.items() if value is not None})
    if wanted.path != record.path:
        raise errors.path_stays()
    _fill(record, wanted)
    call.store.update(record)
    call.store.after_commit.append(lambda: _trees.forget(call.tenant_id))
    return category_out(record)


def _declared(call: Call) -> list[Category]:
    shelf = call.store.query_all(keys.shelf(call.tenant_id, CATEGORY.name))
    return [each for each in shelf if isinstance(each, Category)]


def _new(call: Call, body: CategoryIn) -> Category:
    record = Category.fresh(call.now, path=body.path)
    _fill(record, body)
    call.store.create(record)
    call.store.after_commit.append(lambda: _trees.forget(call.tenant_id))
    return record


def _fill(record: Category, body: CategoryIn) -> None:
    record.titles = body.titles.model_dump(exclude_none=True)
    record.terms, record.rank, record.retired = body.terms or None, body.rank, body.retired
