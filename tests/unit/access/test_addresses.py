"""The SSRF corpus (quality.md API7): as a URL spells an address, and as its name resolves."""

import pytest

from chalicelib.access.addresses import AddressRefusedError, checked_address, is_public, target_of

REFUSED = [
    "http://example.com/", "ftp://example.com/", "file:///etc/passwd", "//example.com/", "example.com", "https://",
    "https://user@example.com/", "https://user:pass@example.com/", "https://example.com/#there", "https://[::1", "https://:443/",
    "https://example.com:99999/", "https://exa mple.com/", "https://example.com\\@127.0.0.1/", "https://ex\tample.com/",
    "https://localhost/", "https://LOCALHOST./", "https://a.localhost/", "https://printer.local/", "https://metadata.google.internal/",
    "https://intranet/", "https://127.0.0.1/", "https://127.1/", "https://127.0.0.1./", "https://2130706433/", "https://0x7f000001/",
    "https://0x7f.1/", "https://0177.0.0.1/", "https://017700000001/", "https://0/", "https://0.0.0.0/", "https://10.0.0.1/",
    "https://172.16.0.1/", "https://172.31.255.255/", "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data/",
    "https://2852039166/", "https://0xa9fea9fe/", "https://100.64.0.1/", "https://192.0.0.192/", "https://198.18.0.1/",
    "https://224.0.0.1/", "https://240.0.0.1/", "https://255.255.255.255/", "https://[::1]/", "https://[::]/",
    "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[::ffff:a9fe:a9fe]/", "https://[::127.0.0.1]/",
    "https://[fe80::1]/", "https://[fe80::1%25eth0]/", "https://[fc00::1]/", "https://[fd00:ec2::254]/", "https://[ff02::1]/",
    "https://[2002:7f00:1::]/", "https://[64:ff9b::7f00:1]/", "https://[2001:0:7f00:1::]/", "https://[fec0::1]/",
    "https://127.0.0.1.%00/", "https://１２７.0.0.1/", "https://①②⑦.0.0.1/", "https://1.2.3.4.5/", "https://256.1.1.1/",
    "https://" + "a" * 2050 + ".com/",
]  # fmt: skip
TAKEN = [
    "https://example.com/",
    "https://example.com:8443/hooks?token=x",
    "https://8.8.8.8/",
    "https://[2606:4700::1111]/",
    "https://münchen.example.com/",
    "https://EXAMPLE.com",
]


@pytest.mark.parametrize("url", REFUSED)
@pytest.mark.parametrize("allow_local", [False, True])
def test_url__that_leads_inside_or_is_none__is_refused(url, allow_local):
    with pytest.raises(AddressRefusedError):
        target_of(url, allow_local=allow_local)


@pytest.mark.parametrize("url", TAKEN)
def test_url__on_the_public_internet__is_taken(url):
    target = target_of(url, allow_local=False)
    assert target.secure
    assert not target.local


def test_http_to_this_machine__is_for_local_runs_only():
    with pytest.raises(AddressRefusedError):
        target_of("http://127.0.0.1:9/", allow_local=False)
    target = target_of("http://127.0.0.1:9/x", allow_local=True)
    assert (target.secure, target.port, target.path, target.local) == (False, 9, "/x", True)


@pytest.mark.parametrize(
    "answers",
    [
        [], ["127.0.0.1"], ["10.1.2.3"], ["169.254.169.254"], ["::1"], ["fe80::1%2"],
        ["::ffff:10.0.0.1"], ["fd00:ec2::254"],
        ["8.8.8.8", "10.0.0.1"], ["10.0.0.1", "8.8.8.8"], ["nonsense"],
    ],
)  # fmt: skip
def test_name__that_resolves_inside_with_any_address__is_refused(answers):
    target = target_of("https://example.com/", allow_local=False)
    with pytest.raises(AddressRefusedError):
        checked_address(target, lambda *_: answers)


def test_name__is_resolved_once_and_the_judged_address_is_the_one():
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])
    target = target_of("https://rebinding.example.com/", allow_local=False)
    assert checked_address(target, lambda *_: next(answers)) == "93.184.215.14"
    assert next(answers) == ["127.0.0.1"]


def test_local__resolves_to_this_machine_and_no_other():
    target = target_of("http://localhost/", allow_local=True)
    assert checked_address(target, lambda *_: ["127.0.0.1", "::1"]) == "127.0.0.1"
    with pytest.raises(AddressRefusedError):
        checked_address(target, lambda *_: ["10.0.0.1"])


def test_address__that_is_none__is_not_public():
    assert not is_public("")
    assert is_public("1.1.1.1")
