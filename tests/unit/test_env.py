"""A variable that names an address is understood, or refused in a sentence."""

import pytest

from errtrack import env
from errtrack.env import BadSetting

SCHEMES = ("postgres", "unix")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "postgres://ann:secret@db.example:5432/errtrack",
        "postgres://ann@/errtrack?host=%2Fvar%2Frun",
        "unix:///run/valkey.sock?db=0",
    ],
)
def test_addresses_are_taken_as_they_are(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("SOME_URL", value)
    assert env.address("SOME_URL", schemes=SCHEMES) == value


@pytest.mark.parametrize(
    "value",
    [
        "secret",
        "mysql://ann:secret@db.example/errtrack",
        "postgres://ann:secret@db.example:port/errtrack",
        "postgres://ann:sec#ret@db.example/secret",
        "postgres://",
        "unix:///",
        "postgres://[secret/errtrack",
    ],
)
def test_what_is_no_such_address_is_refused_without_telling_it(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("SOME_URL", value)
    with pytest.raises(BadSetting) as refused:
        env.address("SOME_URL", schemes=SCHEMES)
    expected = "SOME_URL: expected an address like postgres://… or unix://…"
    assert str(refused.value) == expected
