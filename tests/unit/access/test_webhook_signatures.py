"""Signatures against the specification's own vector and the standardwebhooks library, with that library's hazards."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from chalicelib.access.webhook_signatures import headers_of, new_secret

BODY = b'{"type":"contact.created","name":"\xe5\xbc\xa0\xe4\xb8\x89"}'


def signed(*secrets, at=None, body=BODY):
    return headers_of("msg_1", int((at or datetime.now(UTC)).timestamp()), body, secrets)


def test_vector__of_the_specification():
    headers = headers_of(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["webhook-timestamp"] == "1614265330"


def test_signature__verifies_with_the_library():
    secret = new_secret()
    assert Webhook(secret).verify(BODY, signed(secret)) == {"type": "contact.created", "name": "张三"}


def test_body__changed_by_one_byte__is_refused():
    secret = new_secret()
    headers = signed(secret)
    for position in range(len(BODY)):
        if BODY[position] < 0x7F:
            changed = BODY[:position] + bytes([BODY[position] ^ 1]) + BODY[position + 1 :]
            with pytest.raises(WebhookVerificationError):
                Webhook(secret).verify(changed, headers)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_replay__outside_of_five_minutes__is_refused(minutes):
    secret = new_secret()
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, signed(secret, at=datetime.now(UTC) + timedelta(minutes=minutes)))


def test_rotation__both_secrets_verify_and_a_third_does_not():
    new, old = new_secret(), new_secret()
    headers = signed(new, old)
    assert headers["webhook-signature"].count("v1,") == 2
    for secret in (new, old):
        Webhook(secret).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, headers)


def test_secret__that_is_no_base64__is_refused():
    with pytest.raises(ValueError, match="base64"):
        signed("whsec_???")


def test_hazard__the_library_signs_another_instant_for_a_time_that_is_not_in_utc():
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    hook = Webhook(new_secret())
    assert hook.sign("m", at, "x") != hook.sign("m", at.astimezone(timezone(timedelta(hours=8))), "x")


def test_hazard__the_library_raises_a_plain_value_error_for_a_token_without_a_comma():
    secret = new_secret()
    with pytest.raises(ValueError, match="unpack"):
        Webhook(secret).verify(BODY, signed(secret) | {"webhook-signature": "v1"})
