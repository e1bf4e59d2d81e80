"""What looks like a secret stands in no line of the log; what is none, stays."""

import io
import json
import logging

import pytest

from hetero2.service.observe import logs, masking

pytestmark = pytest.mark.service
CANARY = "canary0123456789abcdef"


def logged(message, *arguments, secrets=(), exc_info=None, **extra):
    """The line of a record, as it is printed."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.formatter(secrets))
    logger = logging.Logger("careless")
    logger.addHandler(handler)
    logger.error(message, *arguments, exc_info=exc_info, extra=extra)
    json.loads(stream.getvalue())
    return stream.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        f"h2_{CANARY}",
        f"token h2_{CANARY}, h2s_{CANARY}",
        f"Authorization: Bearer {CANARY}",
        f"Authorization: Basic {CANARY}==",
        f"authorization: AWS4-HMAC-SHA256 Credential={CANARY}/20261129/s3, SignedHeaders=host, Signature={CANARY}",
        f"[(b'host', b'x'), (b'authorization', b'Bearer {CANARY}'), (b'cookie', b'a=1; b={CANARY}')]",
        str({"Proxy-Authorization": f"Bearer {CANARY}", "Set-Cookie": f"hetero2_session={CANARY}; HttpOnly"}),
        json.dumps({"cookie": f"hetero2_token={CANARY}"}),
        json.dumps(json.dumps({"cookie": f"other={CANARY}", "password": CANARY})),
        f"a cookie of hetero2_session={CANARY}",
        f"postgresql://app:{CANARY}@db.internal/hetero2",
        f"https://user:{CANARY}@127.0.0.1:4318/v1/traces, http://a/b",
        f"could not connect: host=db user=app password={CANARY} dbname=x",
        f"password='{CANARY}'",
        f"{{'email': 'a@b', 'new_password': '{CANARY}'}}",
        f"('db_password', '{CANARY}')",
        f"email=a%40b.c&password={CANARY}&next=%2F",
        f"AWS_SECRET_ACCESS_KEY={CANARY} client_secret: {CANARY} apiKey={CANARY}",
        f"GET /api/v1/files/a/b?expires=1&signature={CANARY}",
        f"https://b.s3/x?X-Amz-Credential=A&X-Amz-Signature={CANARY}&X-Amz-Security-Token={CANARY}",
        f"/oidc/callback?code={CANARY}&state={CANARY}",
        f"id eyJhbGciOiJub25lIn0.{CANARY}.{CANARY}",
    ],
)
def test_what_looks_like_a_secret_is_masked(text):
    try:
        raise RuntimeError(text)
    except RuntimeError as error:
        shown = logged("%s", text, exc_info=error, nested={"list": [text, (text,)], text: 1}, thing=error)
    assert CANARY not in shown
    assert masking.MASK in shown
    assert "RuntimeError" in shown


def test_fields_of_a_name_are_masked_whatever_they_hold():
    shown = logged("x", password=CANARY, headers={"Authorization": [CANARY], "Cookie": CANARY}, user_token=CANARY)
    assert CANARY not in shown


def test_secrets_known_by_their_value_are_masked_wherever_they_stand():
    assert CANARY in logged(f"said {CANARY} in passing")
    assert CANARY not in logged(f"said {CANARY} in passing", secrets=[CANARY, ""])


@pytest.mark.parametrize(
    "text",
    [
        "run 2895aeb7-df00-4835-a000-2781f147c23c: attempt 1 by host/12/0",
        "no token was sent, the password is wrong; cookies are fine",
        "http://127.0.0.1:8642/api/v1/runs?limit=50&state=RUNNING at 12:30",
        "a basic pipeline, and the bearer of news; h2o_solubility",
        "sha256 b29a7c01cb4d4dd6a2f3ac1ba1b0e5d1b29a7c01cb4d4dd6a2f3ac1ba1b0e5d1",
    ],
)
def test_what_is_no_secret_stays(text):
    assert masking.mask(text) == text


def test_a_long_line_is_no_burden():
    """A line can be of a client's making; no pattern may look at it over and over."""
    for unit in ("a_", "token", "h2_", "://", "x-", "?", "eyJ.", "'", "authorization", "secret-"):
        text = unit * (50_000 // len(unit))
        assert isinstance(masking.mask(text), str)
