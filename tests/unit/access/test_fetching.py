"""The fetcher's refusals, against a real server on this machine's loopback."""

import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from chalicelib.access import fetching
from chalicelib.access.fetching import fetch_https
from chalicelib.access.jwks import FetchError


@pytest.mark.parametrize(
    "url",
    [
        "http://id.example.com/jwks", "http://127.0.0.2/jwks", "http://localhost.example.com/", "http://169.254.169.254/",
        "ftp://localhost/", "file:///etc/passwd", "//localhost/", "localhost", "", "https://", "https://user@id.example.com/",
        "http://127.0.0.1@id.example.com/", "http://[::1", "https://:443/",
    ],
)  # fmt: skip
def test_fetch_https__not_https_or_not_a_plain_url__is_refused_before_any_connection(url):
    for allowed in (False, True):
        with pytest.raises(FetchError):
            fetch_https(url, allow_http_localhost=allowed)


class Issuer(BaseHTTPRequestHandler):
    hits: list[str] = []  # noqa: RUF012 - read by the tests

    def do_GET(self):
        self.hits.append(self.path)
        if self.path == "/302":
            self.send_response(302)
            self.send_header("Location", "/ok")
            self.end_headers()
            return
        if self.path == "/hangs-up":
            return
        self.send_response(500 if self.path == "/500" else 200)
        if self.path == "/chunked":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"4\r\nkeys\r\n2\r\n!!\r\n0\r\n\r\n")
            return
        self.end_headers()
        self.wfile.write(b"k" * {"/limit": 262_144, "/over": 262_145}.get(self.path, 4))

    def log_message(self, *_):
        pass


def self_signed(path):
    """A TLS context for 127.0.0.1 whose certificate nobody trusts."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1)
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(pem + builder.sign(key, SHA256()).public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@pytest.fixture
def server(socket_enabled):
    yield from running_server("http")


@pytest.fixture
def tls_server(socket_enabled, tmp_path):
    yield from running_server("https", self_signed(tmp_path / "server.pem"))


def running_server(scheme, tls=None):
    Issuer.hits.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Issuer) as running:
        if tls is not None:
            running.socket = tls.wrap_socket(running.socket, server_side=True)
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"{scheme}://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_fetch_https__http_to_localhost_without_the_flag__is_refused(server):
    with pytest.raises(FetchError, match="https only"):
        fetch_https(server + "/ok")
    assert Issuer.hits == []


@pytest.mark.parametrize("path", ["/302", "/500", "/over", "/hangs-up"])
def test_fetch_https__redirect_error_excess_or_broken_connection__is_refused(server, path):
    with pytest.raises(FetchError):
        fetch_https(server + path, allow_http_localhost=True)
    assert Issuer.hits == [path]  # neither followed nor retried


def test_fetch_https__body_slower_than_the_deadline__is_refused(server, monkeypatch):
    monkeypatch.setattr(fetching, "_TOTAL_S", -1.0)
    with pytest.raises(FetchError, match="too slow"):
        fetch_https(server + "/ok", allow_http_localhost=True)


def test_fetch_https__certificate_that_nobody_trusts__is_refused(tls_server):
    with pytest.raises(FetchError, match="SSLCertVerificationError"):
        fetch_https(tls_server + "/ok", trusted={tls_server + "/ok"})
    assert Issuer.hits == []


def test_fetch_https__nobody_listens__is_refused(socket_enabled):
    with pytest.raises(FetchError, match="can't be fetched"):
        fetch_https("http://127.0.0.1:1/jwks", allow_http_localhost=True)


@pytest.mark.parametrize(("path", "expected"), [("/ok", b"kkkk"), ("/chunked", b"keys!!"), ("/limit", b"k" * 262_144)])
def test_fetch_https__up_to_256_kb_plain_or_chunked__is_returned(server, path, expected):
    assert fetch_https(server + path, allow_http_localhost=True) == expected


@pytest.mark.parametrize(
    "resolved",
    [["127.0.0.1"], ["169.254.169.254"], ["10.0.0.7"], ["::ffff:10.0.0.7"], ["93.184.215.14", "10.0.0.7"], []],
)
def test_fetch_https__a_name_that_leads_into_a_private_network__is_refused_at_each_fetch(monkeypatch, resolved):
    monkeypatch.setattr(fetching, "resolve_by_system", lambda *_: resolved)
    with pytest.raises(FetchError, match="public host"):
        fetch_https("https://id.example.com/jwks", allow_http_localhost=True)


def test_fetch_https__the_platforms_own_url__may_lead_into_a_private_network(server):
    url = f"{server}/ok"
    assert fetch_https(url, trusted={url}) == b"kkkk"
    with pytest.raises(FetchError, match="https only"):
        fetch_https(f"{server}/other", trusted={url})
