"""What an operator may set of addresses, of the provider, and of times."""

import pytest
from pydantic import ValidationError

from hetero2.service.settings import Settings

pytestmark = pytest.mark.service
PROVIDER = {"oidc_issuer": "https://id.example", "oidc_client_id": "hetero2", "oidc_client_secret": "hidden"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"public_url": "http://hetero2.example"}, "public_url"),
        ({"public_url": "https://hetero2.example/path"}, "public_url"),
        ({"public_url": "hetero2.example"}, "public_url"),
        ({"public_url": "https://user@hetero2.example"}, "public_url"),
        (PROVIDER | {"oidc_issuer": "http://id.example"}, "oidc_issuer"),
        (PROVIDER | {"oidc_issuer": "http://127.0.0.1.example"}, "oidc_issuer"),
        (PROVIDER | {"oidc_issuer": "id.example"}, "oidc_issuer"),
        (PROVIDER | {"database": "postgresql://host/hetero2"}, "oidc_org"),
        *[({**PROVIDER, name: ""}, "give all of them, or none") for name in PROVIDER],
        ({"session_idle": 1}, "session_idle"),
        ({"lock_after": 1}, "lock_after"),
    ],
)
def test_what_is_refused(given, said):
    with pytest.raises(ValidationError, match=said):
        Settings(**given)


def test_what_is_taken_and_never_shown():
    settings = Settings(**PROVIDER, public_url="https://Hetero2.example:443/")
    assert (settings.public_url, settings.is_https) == ("https://hetero2.example", True)
    assert "hidden" not in repr(settings) + str(settings.model_dump())
    assert Settings(**PROVIDER | {"oidc_issuer": "http://localhost:9400"}).oidc_issuer
    assert Settings(**PROVIDER, database="postgresql://host/hetero2", oidc_org="acme").oidc_org == "acme"
    assert not Settings().is_https
