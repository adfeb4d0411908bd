"""The key cache: how many fetches callers can cause, under threads and failures, and which keys it takes."""

import base64
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from chalicelib.access.errors import CredentialError, Reason
from chalicelib.access.jwks import FetchError, JwksCache, read_key_set

URL = "https://id.example.com/jwks"
RSA, EC = RSAKey.generate_key(2048), ECKey.generate_key("P-256")
THREADS = 16


def member(key, kid, **more):
    return {**key.as_dict(private=False), "kid": kid, **more}


def body(*members):
    return json.dumps({"keys": members}).encode()


class World:
    """An issuer's server and a clock, both moved by the test. Counts fetches, and how many ran at the same time."""

    def __init__(self):
        self.now, self.body, self.fetches = datetime(2026, 3, 1, tzinfo=UTC), body(member(RSA, "a")), 0
        self.running, self.most_running, self.gate = 0, 0, threading.Event()
        self.gate.set()
        self.cache = JwksCache(self.fetch, lambda: self.now)

    def fetch(self, _url):
        self.fetches += 1
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        assert self.gate.wait(5)
        self.running -= 1
        if isinstance(self.body, Exception):
            raise self.body
        return self.body

    def later(self, **delta):
        self.now += timedelta(**delta)

    def ask(self, kid="a", url=URL):
        try:
            return self.cache.key(url, kid, "RS256").key_type
        except CredentialError as refused:
            return refused.reason_code


@pytest.fixture
def world():
    return World()


def test_key__unknown_kid__causes_one_fetch_within_the_cool_down(world):
    assert world.ask() == "RSA"
    world.later(minutes=10)
    assert [world.ask(f"forged-{number}") for number in range(50)] == [Reason.UNKNOWN_KEY] * 50
    assert world.fetches == 2
    world.later(seconds=59)
    world.ask("forged")
    assert world.fetches == 2
    world.later(seconds=1)
    world.ask("forged")
    assert world.fetches == 3


def test_key__unknown_kids_from_16_threads__cause_one_fetch(world):
    world.ask()
    world.later(minutes=10)
    barrier = threading.Barrier(THREADS)

    def attack(number):
        barrier.wait(10)
        return [world.ask(f"forged-{number}-{turn}") for turn in range(20)]

    with ThreadPoolExecutor(THREADS) as pool:
        answers = [answer for answers in pool.map(attack, range(THREADS)) for answer in answers]
    assert set(answers) == {Reason.UNKNOWN_KEY}
    assert (world.fetches, world.most_running) == (2, 1)


@pytest.mark.parametrize("broken", [False, True])
def test_key__first_use_by_16_threads__is_one_fetch_and_one_answer_for_all(world, broken):
    world.gate.clear()
    if broken:
        world.body = FetchError("down")
    with ThreadPoolExecutor(THREADS) as pool:
        asked = [pool.submit(world.ask) for _ in range(THREADS)]
        world.gate.set()
        answers = {future.result(10) for future in asked}
    assert answers == {Reason.KEYS_UNAVAILABLE if broken else "RSA"}
    assert (world.fetches, world.most_running) == (1, 1)


def test_key__known_kid_while_another_thread_refreshes__does_not_wait(world):
    world.ask()
    world.later(minutes=61)
    world.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        refreshing = pool.submit(world.ask)
        while world.running == 0:
            assert not refreshing.done()
        assert world.ask() == "RSA"  # would stand here until the gate opens
        world.gate.set()
        assert refreshing.result(10) == "RSA"
    assert world.fetches == 2


def test_key__slow_issuer__does_not_hold_up_another_one(world):
    world.ask(url="https://fast.example.com/jwks")
    world.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(world.ask)
        while world.running == 0:
            assert not waiting.done()
        assert world.ask(url="https://fast.example.com/jwks") == "RSA"
        world.gate.set()
        assert waiting.result(10) == "RSA"


@pytest.mark.parametrize(
    "failure", [FetchError("down"), b"<html>", b"[]", b"{}", b'{"keys":{}}', b"[" * 100_000, b"\xff"]
)
def test_key__failed_fetch__is_not_repeated_within_the_cool_down(world, failure):
    world.body = failure
    assert [world.ask() for _ in range(20)] == [Reason.KEYS_UNAVAILABLE] * 20
    assert world.fetches == 1
    world.later(seconds=60)
    world.body = body(member(RSA, "a"))
    assert world.ask() == "RSA"
    assert world.fetches == 2


def test_key__fetcher_with_a_bug__still_starts_the_cool_down(world):
    world.body = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        world.ask()
    assert world.ask() == Reason.KEYS_UNAVAILABLE
    assert world.fetches == 1


def test_key__within_the_hour__is_never_fetched_again_then_once(world):
    world.ask()
    world.later(minutes=59)
    assert world.ask() == "RSA"
    assert world.fetches == 1
    world.later(minutes=1)
    assert world.ask() == "RSA"
    assert world.fetches == 2


def test_key__withdrawn_by_its_issuer__stops_working_after_the_hour(world):
    world.ask()
    world.body = body(member(EC, "b"))
    world.later(hours=1)
    assert world.ask() == Reason.UNKNOWN_KEY


def test_key__issuer_down_when_the_hour_ends__works_for_another_hour_and_no_longer(world):
    world.ask()
    world.body = FetchError("down")
    world.later(minutes=119)
    assert world.ask() == "RSA"
    world.later(minutes=1)
    assert world.ask() == Reason.KEYS_UNAVAILABLE


def test_key__rotated_by_its_issuer__is_found_by_one_refresh(world):
    world.ask()
    world.later(seconds=61)
    world.body = body(member(RSA, "a"), member(RSA, "b"))
    assert world.ask("b") == "RSA"
    assert world.fetches == 2


def test_key__more_urls_than_it_holds__forgets_the_oldest_only(world):
    for number in range(1025):
        world.ask(url=f"{URL}/{number}")
    world.ask(url=f"{URL}/1024")
    assert world.fetches == 1025
    world.ask(url=f"{URL}/0")
    assert world.fetches == 1026


def raw_rsa(bits):
    numbers = rsa.generate_private_key(65537, bits).public_key().public_numbers()
    n = base64.urlsafe_b64encode(numbers.n.to_bytes(bits // 8, "big")).rstrip(b"=").decode()
    return {"kty": "RSA", "kid": "x", "n": n, "e": "AQAB"}


EC_MEMBER, RSA_MEMBER = member(EC, "x"), member(RSA, "x")


@pytest.mark.parametrize(
    "unfit",
    [
        raw_rsa(1024),
        RSA_MEMBER | {"n": base64.urlsafe_b64encode(b"\xff" * 1024).rstrip(b"=").decode()},  # 8192 bits
        RSA_MEMBER | {"e": "AQAAAAAB"},  # 2^40 + 1
        RSA_MEMBER | {"e": "Ag"},  # even
        RSA_MEMBER | {"n": "!"},
        RSA_MEMBER | {"n": ""},
        RSA_MEMBER | {"n": 5},
        {"kty": "RSA", "kid": "x"},
        RSA_MEMBER | {"use": "enc"},
        RSA_MEMBER | {"use": None},
        RSA_MEMBER | {"key_ops": ["encrypt"]},
        RSA_MEMBER | {"key_ops": "verify"},
        RSA_MEMBER | {"alg": "PS256"},
        RSA_MEMBER | {"alg": "HS256"},
        RSA_MEMBER | {"kid": 1},
        {name: value for name, value in RSA_MEMBER.items() if name != "kid"},
        EC_MEMBER | {"alg": "RS256"},
        EC_MEMBER | {"crv": "P-384"},
        EC_MEMBER | {"y": EC_MEMBER["x"]},  # not on the curve
        EC_MEMBER | {"x": "é"},
        EC_MEMBER | {"x": "\ud800"},
        member(ECKey.generate_key("P-384"), "x"),
        member(OKPKey.generate_key("Ed25519"), "x"),
        OctKey.generate_key(256).as_dict() | {"kid": "x"},
        {"kty": ["RSA"], "kid": "x"},
        {},
        None,
        "x",
    ],
)
def test_read_key_set__unfit_key__is_left_out_and_the_others_stay(unfit):
    assert list(read_key_set(body(unfit, member(RSA, "good")))) == [("good", "RS256")]


def test_read_key_set__fit_keys__are_found_by_kid_and_their_only_algorithm():
    keys = read_key_set(
        body(
            member(RSA, "a", use="sig", alg="RS256", x5c=["junk"]), member(EC, "a", key_ops=["verify"]), member(EC, "b")
        )
    )
    assert {pair: key.key_type for pair, key in keys.items()} == {
        ("a", "RS256"): "RSA",
        ("a", "ES256"): "EC",
        ("b", "ES256"): "EC",
    }


def test_read_key_set__private_key_published_by_mistake__is_taken_as_public_only():
    keys = read_key_set(body({**RSA.as_dict(private=True), "kid": "a"}))
    assert not keys["a", "RS256"].is_private


def test_read_key_set__same_kid_twice__takes_the_first():
    keys = read_key_set(body(member(RSA, "a"), member(RSAKey.generate_key(2048), "a")))
    assert keys["a", "RS256"].as_dict(private=False)["n"] == RSA_MEMBER["n"]
