"""Children that change their contact: whatever stands in its partition, without a list of kinds.

a record           moves with its claims, its heads and what it has posted; one event says so
any other item     moves; it keeps its source's version, so a late repetition does no harm
a head of the root moves when what it notes stood in this partition; of anything else its owner takes care
two at one key     the younger one stands, the other is kept aside
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from chalicelib.changes.records import Head
from chalicelib.store import keys
from chalicelib.store.commit import Action
from chalicelib.store.errors import Raw
from chalicelib.store.keys import Key, SortKey
from chalicelib.store.reading import Part, key_of
from chalicelib.store.records import Item, ParentMark, Record, Redirect, SubjectKey, item_of
from chalicelib.store.store import Store
from modules.contacts.kinds import CONTACT
from modules.contacts.merges.records import LOSER, WINNER, Displaced
from modules.contacts.merges.rules import again_of, now_from
from modules.contacts.people.records import BesideContact, OfContact

# Of the hundred actions of a transaction some are the job's own (progress, its record and event at the end).
ACTIONS: Final = 88
PAGE: Final = 60
Place = tuple[str | None, str | None]
OF_ROOT: Final = f"{keys.BEHIND}{keys.SEPARATOR}{CONTACT.name}{keys.SEPARATOR}"


@dataclass(frozen=True, slots=True)
class Moved:
    """How many went in this step, and behind which item the next one goes on; None at the end."""

    count: int
    position: dict[str, Any] | None


@dataclass(slots=True)
class Move:
    """From one contact's partition to another's. ``back``: only what had come from there goes back.

    ``stood`` and ``stands`` are org unit and owner of the two contacts.
    """

    store: Store
    of: str
    to: str
    merge_id: str
    stood: Place
    stands: Place
    back: bool = False

    def page(self, start: Mapping[str, Any] | None, *, everything: bool) -> Moved:
        """Stage the next items that go, as many as a transaction takes."""
        store = self.store
        raws, position = store.raws(Part(keys.collection(store.boundary, CONTACT.name, self.of)), PAGE, start)
        going = [(raw, item) for raw in raws if self._goes(item := item_of(dict(raw)), everything)]
        there = self._there([item for _, item in going])
        heads = self._heads([raw for raw, _ in going])
        count, last = 0, start
        for raw in raws:
            goes = next((each for other, each in going if other is raw), None)
            if goes is not None:
                mark = store.mark()
                self._stage(raw, goes, there, heads)
                if len(store.actions()) > ACTIONS:
                    store.back_to(mark)
                    if not count:
                        message = f"{raw['kind']['S']} takes more than a transaction"
                        raise ValueError(message)
                    return Moved(count, dict(last) if last else None)
                count += 1
            last = {"pk": raw["pk"], "sk": raw["sk"]}
        return Moved(count, position)

    def displaced(self, most: int) -> int:
        """Stage the return of what had to give way; how many there were."""
        store = self.store
        partition = keys.collection(store.boundary, CONTACT.name, self.of)
        begins = keys.children(str(Displaced.kind.get_discriminator(Displaced)), self.merge_id)
        found, _ = store.query(partition, begins=begins, limit=most)
        for each in found:
            if isinstance(each, Displaced):
                raw: Raw = each.content
                at = key_of(raw)
                action = Action(at, raw, Item.pk.does_not_exist())
                stands = store.fetch([at])[at]
                if stands is None:
                    store.put(item_of(dict(raw)), action)
                store.remove(each.stands_at())
        return len(found)

    # -- inside

    def _goes(self, item: Item, everything: bool) -> bool:  # noqa: FBT001 - the pass's own question
        if isinstance(item, Redirect | SubjectKey | ParentMark) or str(item.sk) == CONTACT.name:
            return False
        if str(item.sk).startswith(keys.BEHIND):
            return isinstance(item, Head) and self._is_of_children(item)
        if everything:
            return True
        last, _ = again_of(getattr(item, "merged_from", None))
        return last == self.to

    def _is_of_children(self, head: Head) -> bool:
        """A head of the root whose items stand, or stood, with it: what a port has put on the timeline."""
        if not str(head.sk).startswith(OF_ROOT) or not head.places:
            return False
        partition = str(keys.collection(self.store.boundary, CONTACT.name, self.of))
        return all(pk == partition for pk, *_ in head.places)

    def _has_gone(self, head: Head) -> bool:
        """Whether what a head notes stands with the other contact by now, or will with this transaction."""
        here = [keys.as_read(pk, sk) for pk, sk, *_ in head.places]
        found = self.store.fetch([*here, *map(self._across, here)])

        def stands(at: Key) -> bool:
            staged = self.store.staged_at(at)
            return found[at] is not None if staged is None else staged.item is not None

        return not any(stands(at) for at in here) and all(stands(self._across(at)) for at in here)

    def _across(self, at: Key) -> Key:
        """The same place in the other contact's partition."""
        return Key(keys.collection(self.store.boundary, CONTACT.name, self.to), at.sk)

    def _there(self, items: Iterable[Item]) -> Mapping[Key, Raw | None]:
        wanted = [self._across(each.stands_at()) for each in items]
        return self.store.fetch(wanted) if wanted else {}

    def _heads(self, raws: list[Raw]) -> dict[str, list[Raw]]:
        """What projections and facts have noted beside the records of a page, by the record's sort key."""
        sks = [raw["sk"]["S"] for raw in raws if not raw["sk"]["S"].startswith(keys.BEHIND)]
        if not sks:
            return {}
        between = keys.heads_between(SortKey(min(sks)), SortKey(max(sks)))
        part = Part(keys.collection(self.store.boundary, CONTACT.name, self.of), between=between)
        found: dict[str, list[Raw]] = {sk: [] for sk in sks}
        start = None
        while True:
            page, start = self.store.raws(part, None, start)
            for raw in page:
                of = raw["sk"]["S"].removeprefix(keys.BEHIND + keys.SEPARATOR).rpartition(keys.SEPARATOR)[0]
                if of in found:
                    found[of].append(raw)
            if start is None:
                return found

    def _stage(self, raw: Raw, item: Item, there: Mapping[Key, Raw | None], heads: Mapping[str, list[Raw]]) -> None:
        target = self._across(item.stands_at())
        other = there[target]
        if isinstance(item, Head):
            if self.back and not self._has_gone(item):
                return
            self._head(item, cast("Head | None", item_of(dict(other)) if other else None))
        elif not isinstance(item, BesideContact | OfContact):
            message = f"{raw['kind']['S']} stands in a contact's partition and names no contact"
            raise TypeError(message)
        elif other is not None and not self._prevails(raw, other):
            self._keep_aside(raw, LOSER)
            self.store.remove(item.stands_at())
        else:
            if other is not None:
                self._keep_aside(other, WINNER)
            self._over(item, raw, other)
            for each in heads.get(str(item.sk), ()):
                self._beside(each)

    def _over(self, item: BesideContact | OfContact, raw: Raw, other: Raw | None) -> None:
        was = item.stands_at()
        item.contact_id = self.to
        _, before = again_of(item.merged_from)
        item.merged_from = before if self.back else now_from(item.merged_from, self.of)
        self._follow_link(item)
        if isinstance(item, OfContact):
            self.store.known(Record, was, raw)
            if (item.unit_path, item.owner_id) == self.stood:  # it stood where its contact stood
                item.unit_path, item.owner_id = self.stands
            if other is not None:
                item.version = max(int(item.version), int(other["version"]["N"]))
            self.store.move(item, was, over=other)
            item.remind_again(self.store)
            return
        self.store.put(item.place(self.store.boundary))
        self.store.remove(was)

    def _follow_link(self, item: Item) -> None:
        link = getattr(item, "link", None)
        if isinstance(link, str):
            setattr(item, "link", link.replace(f"/contacts/{self.of}/", f"/contacts/{self.to}/"))  # noqa: B010

    def _beside(self, raw: Raw) -> None:
        """A head or a posting goes with its record; one that stands there already knows more."""
        item = item_of(dict(raw))
        was = item.stands_at()
        at = self._across(was)
        self.store.remove(was)
        if self.store.fetch([at])[at] is None:
            self.store.put(item.put_at(at), Action(at, condition=Item.pk.does_not_exist()))

    def _head(self, head: Head, other: Head | None) -> None:
        """Of two heads the one of the younger version counts; what only the other one notes goes."""
        was = head.stands_at()
        at = self._across(was)
        own = [[str(at.pk), sk, *digest] for _, sk, *digest in head.places]
        known = list(other.places) if other else []
        stays = other is not None and int(other.source_version) >= int(head.source_version)
        kept, gone = (known, own) if stays else (own, known)
        for pk, sk, *_ in gone:
            if [pk, sk] not in [place[:2] for place in kept]:
                self.store.remove(keys.as_read(pk, sk))
        if not stays:
            head.places = own
            condition = Head.source_version == int(other.source_version) if other else Item.pk.does_not_exist()
            self.store.put(head.put_at(at), Action(at, condition=condition))
        self.store.remove(was)

    def _prevails(self, raw: Raw, other: Raw) -> bool:
        """Whether an item stands in the place of another one: it says something later."""
        return _age(raw) > _age(other)

    def _keep_aside(self, raw: Raw, side: str) -> None:
        if self.back:
            return
        number = raw["sk"]["S"].replace(keys.SEPARATOR, ".")
        note = Displaced(contact_id=self.to, merge_id=self.merge_id, side=side, number=number, content=dict(raw))
        self.store.put(note.place(self.store.boundary))


def _age(raw: Raw) -> tuple[int, str]:
    version = raw.get("source_version", {}).get("N", "0")
    return int(version), raw.get("updated_at", {}).get("S", "")
