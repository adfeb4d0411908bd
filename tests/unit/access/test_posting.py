"""A POST to an address of somebody's choosing: by TLS to the judged address, for the URL's name and no other."""

import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from chalicelib.access import addresses
from chalicelib.access.posting import Failure, Outcome, Poster
from tests.support.receiver import receiving

HOST = "hooks.example.com"


@pytest.fixture
def tls(tmp_path):
    """A server's and a client's TLS contexts that trust one certificate, for HOST alone."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now - timedelta(1), now + timedelta(1)
    ).add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
    path = tmp_path / "server.pem"
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(pem + builder.sign(key, SHA256()).public_bytes(Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cafile=str(path))


@pytest.fixture
def named(tls, socket_enabled, monkeypatch):
    """A receiver behind TLS, and a poster for which this machine counts as public."""
    server, client = tls
    monkeypatch.setattr(addresses, "is_public", lambda address: address == "127.0.0.1")
    with receiving(server) as receiver:
        yield receiver, Poster(lambda *_: ["127.0.0.1"], trust=client, total_s=5.0)


def test_tls__goes_to_the_judged_address_and_asks_for_the_name(named):
    receiver, poster = named
    outcome = poster.post(f"https://{HOST}:{receiver.port}/x", b'{"subject":"s"}', {})
    assert outcome == Outcome(200)
    assert receiver.got[0].headers["host"] == f"{HOST}:{receiver.port}"


def test_tls__with_a_certificate_for_another_name__is_no_connection(named):
    receiver, poster = named
    outcome = poster.post(f"https://other.example.com:{receiver.port}/x", b'{"subject":"s"}', {})
    assert outcome == Outcome(failure=Failure.CONNECTION)
    assert receiver.got == []


def test_name__that_does_not_resolve__is_no_connection():
    def nowhere(*_):
        raise OSError

    assert Poster(nowhere).post("https://nowhere.example.com/", b"", {}) == Outcome(failure=Failure.CONNECTION)


def test_address__inside__opens_no_socket():
    for inside in ("127.0.0.1", "169.254.169.254", "::1"):
        poster = Poster(lambda *_, inside=inside: [inside])
        assert poster.post(f"https://{HOST}/", b"", {}) == Outcome(failure=Failure.ADDRESS)
