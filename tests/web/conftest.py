"""What all tests of pages and API share: they are about neither files nor hashes."""

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def _spare_time(settings: Settings) -> None:
    # Each test client would look at every static file, which takes 0.2 s.
    settings.WHITENOISE_AUTOREFRESH = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
