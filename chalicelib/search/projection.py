"""From a record to its postings: the target of every searchable kind's projection."""

from chalicelib.access.principal import Standing
from chalicelib.search.asked import TokenClass
from chalicelib.search.records import Posting
from chalicelib.search.tokens import tokens_of
from chalicelib.store import keys
from chalicelib.store.records import Record


def postings_of(record: Record, standing: Standing | None = None) -> list[Posting]:
    """The postings that there are to be for a record that has its place, placed. None of it hangs on the tenant."""
    del standing
    entry, at = record.found_by(), record.stands_at()
    if entry is None:
        return []
    tokens = tokens_of(entry)
    every = [(TokenClass.WORD, each) for each in tokens.words] + [(TokenClass.NUMBER, each) for each in tokens.numbers]
    return [
        Posting(
            token=token,
            record=entry.record,
            source_sk=at.sk,
            unit_path=record.org_unit(),
            owner_id=record.owner(),
            words=list(tokens.words),
            numbers=list(tokens.numbers) or None,
            fingerprint=entry.fingerprint(),
        ).put_at(keys.posting(at.pk.tenant, entry.kind, token_class, token, record.id))
        for token_class, token in every
    ]
