"""style.md: a module is a folder, and every folder has the same rooms."""

from pathlib import Path, PurePath

import pytest

from tests.house import source

ROOMS = {
    "__init__.py",
    "derived.py",
    "errors.py",
    "handlers.py",
    "public.py",
    "records.py",
    "routes.py",
    "rules.py",
    "schemas.py",
    "service.py",
    "README.md",
}
# One for each module, and what the rest of the house finds it by.
FRONT_DOOR = {"__init__.py", "manifest.py", "README.md"}
# A long manifest has its kinds in a file of their own.
AT_THE_TOP = {"kinds.py", "manifest.py"}
# The control plane implements the access protocols of the kernel (directory.py, standing.py); it has many kinds (its
# manifest is two files therefore), and knows the built-in roles and the plans, which are data.
TENANTS_OWN = {"directory.py", "kinds.py", "plans.json", "roles.py", "standing.py"}


def lint(root: Path) -> list[str]:
    """Look at modules/*/ and tenants/ below the root."""
    homes = [each for each in (root / "modules").glob("*") if each.is_dir() and each.name != "__pycache__"]
    strangers = [each for each in (root / "modules").glob("*") if each.is_file() and each.name != "__init__.py"]
    found = [f"{each.relative_to(root)}: only modules' folders (and __init__.py) stand here" for each in strangers]
    for home in sorted(homes):
        found += _home(home, root, ROOMS)
    if (root / "tenants").is_dir():
        found += _home(root / "tenants", root, ROOMS | TENANTS_OWN)
    return found


def _home(home: Path, root: Path, rooms: set[str]) -> list[str]:
    found = [f"{home.relative_to(root)}: has no {name}" for name in sorted(FRONT_DOOR) if not (home / name).is_file()]
    for path in sorted(home.rglob("*")):
        inside = path.relative_to(home)
        if "__pycache__" in inside.parts:
            continue
        if problem := _problem(inside, rooms, is_folder=path.is_dir()):
            found.append(f"{path.relative_to(root)}: {problem}")
        if path.is_dir() and not (path / "__init__.py").is_file():
            found.append(f"{path.relative_to(root)}: has no __init__.py")
    return found


def _problem(inside: PurePath, rooms: set[str], *, is_folder: bool) -> str | None:
    depth = len(inside.parts)
    if is_folder:
        return None if depth == 1 else "a noun's folder has no folders; give the noun inside it one beside it"
    if inside.name in AT_THE_TOP:
        return None if depth == 1 else "a module has one manifest, at its top"
    return None if inside.name in rooms else "no room of that name"


def test_every_module_has_the_same_rooms():
    found = lint(source.ROOT)
    assert not found, source.report(
        found,
        "helpers.py, utils.py and a new layout for every module, so that nobody finds anything",
        f"move it into the room it belongs to ({', '.join(sorted(ROOMS))}; kinds.py and manifest.py at the top), "
        "or give its noun a folder with these rooms",
    )


@pytest.fixture
def house(tmp_path):
    for name in ("modules/contacts/lines", "tenants/users"):
        (tmp_path / name).mkdir(parents=True)
    for name in (
        "modules/__init__.py",
        *(f"modules/contacts/{room}" for room in ("__init__.py", "manifest.py", "README.md", "service.py")),
        *(f"modules/contacts/lines/{room}" for room in ("__init__.py", "rules.py", "README.md")),
        *(f"tenants/{room}" for room in ("__init__.py", "manifest.py", "README.md", "directory.py")),
        *(f"tenants/users/{room}" for room in ("__init__.py", "roles.py", "routes.py")),
    ):
        (tmp_path / name).touch()
    return tmp_path


def test_not_flagged__a_house_in_order(house):
    assert lint(house) == []


@pytest.mark.parametrize(
    "stranger",
    [
        "modules/helpers.py",
        "modules/contacts/utils.py",
        "modules/contacts/directory.py",
        "modules/contacts/lines/manifest.py",
        "modules/contacts/notes.txt",
        "tenants/helpers.py",
    ],
)
def test_flagged__a_room_that_nobody_knows(house, stranger):
    (house / stranger).touch()
    assert len(lint(house)) == 1


@pytest.mark.parametrize("missing", ["__init__.py", "manifest.py", "README.md"])
def test_flagged__a_module_without_its_front_door(house, missing):
    (house / "modules/contacts" / missing).unlink()
    assert lint(house) == [f"modules/contacts: has no {missing}"]


def test_flagged__a_folder_inside_a_nouns_folder(house):
    (house / "modules/contacts/lines/numbers").mkdir()
    (house / "modules/contacts/lines/numbers/__init__.py").touch()
    assert len(lint(house)) == 1
