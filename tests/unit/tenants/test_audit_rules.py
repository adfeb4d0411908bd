"""The offline verifier against chains that somebody has touched."""

import base64
import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.access.crypto import Keyring
from chalicelib.access.signed import public_key_of, signature_of
from switchboard_cli.verification import Sealed, verify
from tenants.audit.rules import GENESIS, content_of, digest_of, entries_in, needed_for, packed, seal_of

SEED, OTHER = bytes(32), bytes([1]) * 32
OURS, THEIRS = public_key_of(SEED), public_key_of(OTHER)
ENTRIES = 3
CHUNKS = 4


def entry(number):
    return {"id": f"{number:026d}", "action": "contact.updated", "changed": {"name": ["José", "Zoë 名"]}}


def chain(seeds=(SEED,) * CHUNKS, tenant="tnt_1"):
    found, previous, after = [], GENESIS, ""
    for at, seed in enumerate(seeds):
        entries = [entry(at * ENTRIES + number) for number in range(ENTRIES)]
        content, end = content_of(entries), entries[-1]["id"]
        facts = {"number": at + 1, "after": after, "end": end, "count": ENTRIES, "previous": previous}
        seal = seal_of(tenant=tenant, content=content, at="2026-03-01T13:05:00+00:00", key=public_key_of(seed), **facts)
        found.append(Sealed(seal, signature_of(seal, seed), packed(content)))
        previous, after = digest_of(seal), end
    return found


WHOLE = chain()
HEAD = (CHUNKS, digest_of(WHOLE[-1].seal))


def codes(chunks, **known):
    return {each.code for each in verify(chunks, **known)}


def changed(chunks, at, **seal):
    return [replace(each, seal={**each.seal, **seal}) if place == at else each for place, each in enumerate(chunks)]


def with_content(chunks, at, content):
    return [replace(each, packed=packed(content)) if place == at else each for place, each in enumerate(chunks)]


def test_a_whole_chain__nothing():
    assert verify(WHOLE, trusted={OURS}, head=HEAD) == []
    assert verify([]) == []


def test_a_changed_entry__is_found_in_its_chunk():
    entries = entries_in(WHOLE[1].packed)
    entries[2]["changed"]["name"][1] = "Zoe"
    found = verify(with_content(WHOLE, 1, content_of(entries)))
    assert [(each.number, each.code) for each in found] == [(2, "changed")]


def test_a_removed_an_added_and_a_moved_entry__are_found():
    entries = entries_in(WHOLE[2].packed)
    for other in (entries[:2], entries[1:], [*entries, entry(99)], [entries[1], entries[0], entries[2]], []):
        assert "changed" in codes(with_content(WHOLE, 2, content_of(other)))


@given(st.integers(0, CHUNKS - 1), st.data())
def test_any_byte_of_any_files_content__is_found(at, data):
    content = bytearray(content_of(entries_in(WHOLE[at].packed)))
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    assert "changed" in codes(with_content(WHOLE, at, bytes(content)))


@given(st.integers(0, CHUNKS - 1), st.data())
def test_any_byte_of_a_packed_file__is_found_or_changes_nothing_of_its_content(at, data):
    stored = bytearray(WHOLE[at].packed)
    stored[data.draw(st.integers(0, len(stored) - 1))] ^= data.draw(st.integers(1, 255))
    touched = [replace(each, packed=bytes(stored)) if place == at else each for place, each in enumerate(WHOLE)]
    if not verify(touched):  # gzip's own header: time, system
        assert entries_in(bytes(stored)) == entries_in(WHOLE[at].packed)


@given(st.integers(0, CHUNKS - 1), st.data())
def test_any_character_of_any_seal__is_found(at, data):
    text = json.dumps(WHOLE[at].seal)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(min_codepoint=32, max_codepoint=126))
    try:
        seal = json.loads(text[:place] + other + text[place + 1 :])
    except ValueError:
        return
    if seal != WHOLE[at].seal:
        assert verify([replace(each, seal=seal) if n == at else each for n, each in enumerate(WHOLE)])


@pytest.mark.parametrize("signature", ["", "x", base64.b64encode(bytes(64)).decode(), WHOLE[0].signature])
def test_another_signature__is_found(signature):
    touched = [*WHOLE[:2], replace(WHOLE[2], signature=signature), WHOLE[3]]
    assert codes(touched) == {"signature"}


@pytest.mark.parametrize(
    "order", [(0, 2, 3), (0, 1, 3), (1, 2, 3), (0, 2, 1, 3), (3, 2, 1, 0), (0, 0, 1, 2, 3), (0, 1, 1, 2)]
)
def test_a_removed_repeated_or_moved_chunk__is_found(order):
    assert {"out_of_order", "chain_broken"} & codes([WHOLE[each] for each in order])


def test_a_removed_chunk__is_found_when_the_rest_is_numbered_anew():
    """By who can't sign: the numbers are right then, and nothing else."""
    rest = [WHOLE[0], *(replace(each, seal={**each.seal, "number": each.seal["number"] - 1}) for each in WHOLE[2:])]
    assert {"chain_broken", "gap", "signature"} <= codes(rest)


def test_a_chain_cut_at_its_end__is_found_by_who_knows_its_head():
    assert codes(WHOLE[:3]) == set()
    assert codes(WHOLE[:3], head=HEAD) == {"head_missing"}


def test_a_chain_that_somebody_has_made_up_whole__is_found_by_who_knows_the_keys():
    made_up = chain((OTHER,) * CHUNKS)
    assert codes(made_up) == set()
    assert codes(made_up, trusted={OURS}) == {"key_not_trusted"}
    assert "head_missing" in codes(made_up, head=HEAD)


def test_a_seal_that_is_signed_again_after_a_change__breaks_the_chain_behind_it():
    entries = [entry(3), entry(4), {**entry(5), "actor": "somebody else"}]
    seal = {**WHOLE[1].seal, "sha256": hashlib.sha256(content_of(entries)).hexdigest()}
    touched = [WHOLE[0], Sealed(seal, signature_of(seal, SEED), packed(content_of(entries))), *WHOLE[2:]]
    assert codes(touched, trusted={OURS}) == {"chain_broken"}


def test_chunks_of_another_tenant__are_found():
    assert {"other_tenant", "chain_broken"} <= codes([*WHOLE[:2], *chain(tenant="tnt_2")[2:]])


def test_a_part_of_a_chain__is_verified_behind_what_is_known():
    behind = (2, digest_of(WHOLE[1].seal))
    assert verify(WHOLE[2:], trusted={OURS}, behind=behind, head=HEAD) == []
    assert "chain_broken" in codes(WHOLE[2:], behind=(2, GENESIS))
    assert "out_of_order" in codes(WHOLE[2:])
    assert verify([], behind=HEAD, head=HEAD) == []


def test_a_seal_that_is_none__ends_the_reading():
    for seal in ({}, {**WHOLE[1].seal, "more": 1}, {**WHOLE[1].seal, "number": True}, {**WHOLE[1].seal, "format": 2}):
        assert codes([WHOLE[0], replace(WHOLE[1], seal=seal), WHOLE[2]]) == {"seal_unreadable"}


def test_rotated_keys__old_seals_verify_and_the_newest_key_vouches_for_all():
    old, new = (base64.urlsafe_b64encode(bytes([each]) * 32).decode() for each in (1, 2))
    seeds = [Keyring(each).derived("audit_seal", "tnt_1")[0] for each in ([old], [new, old], [new])]
    assert seeds[0] == Keyring([new, old]).derived("audit_seal", "tnt_1")[1]
    assert seeds[1] == seeds[2] != Keyring([new]).derived("audit_seal", "tnt_2")[0]
    rotated = chain((seeds[0], seeds[0], seeds[1], seeds[2]))
    assert verify(rotated, trusted={public_key_of(seeds[2])}) == []
    assert codes(rotated[:2], trusted={public_key_of(seeds[2])}) == {"key_not_trusted"}


def test_a_file_that_is_none__is_found():
    for stored in (b"", b"x", packed(b"")[:-1], packed(b"[]\n1\n")):
        assert {"unreadable", "changed"} & codes([replace(WHOLE[0], packed=stored)])
    with pytest.raises(ValueError, match="packed"):
        entries_in(b"x")


@pytest.mark.parametrize(
    ("unit", "action", "needed"),
    [
        ("contacts", "contact.updated", ("contacts:read", "contacts:read_sensitive")),
        ("visits", "visit.created", ("visits:read", "visits:read")),
        ("core", "api_key.created", ("keys:read", "keys:read")),
        ("core", "user.updated", ("users:read", "users:read")),
        ("core", "task.updated", ("audit:read", "audit:read")),
    ],
)
def test_who_sees_values(unit, action, needed):
    assert needed_for(unit, action, {"contacts:read_sensitive"}) == needed
