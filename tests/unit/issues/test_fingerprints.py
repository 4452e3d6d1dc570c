"""Fingerprints and checksums that clients send."""

from __future__ import annotations

import pytest

from issues.grouping import group
from tests.unit.events import error, event_of, frame, hash_of

PLACE = {"module": "shop.cart", "filename": "shop/cart.py"}
TOTAL = frame("total", **PLACE)
SUM = frame("sum", **PLACE)


def test_a_fingerprint_replaces_everything() -> None:
    one = error(TOTAL, fingerprint=["gateway", 504])
    assert hash_of(one) == hash_of(error(SUM, fingerprint=["gateway", "504"]))
    assert hash_of(one) != hash_of(error(TOTAL, fingerprint=["gateway"]))


@pytest.mark.parametrize("default", ["{{ default }}", "{{default}}"])
def test_the_default_may_be_part_of_a_fingerprint(default: str) -> None:
    plain, tenant = error(TOTAL), [default, "acme"]
    assert hash_of(plain | {"fingerprint": [default]}) == hash_of(plain)
    refined = plain | {"fingerprint": tenant}
    assert hash_of(refined) != hash_of(plain)
    assert hash_of(refined) != hash_of(error(SUM, fingerprint=tenant))
    assert hash_of(refined) == hash_of(
        plain | {"fingerprint": ["{{ default }}", "acme"]}
    )


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("{{ type }}", "ValueError"),
        ("{{error.value}}", "no good <number>"),
        ("{{ raw_value }}", "no good 7"),
        ("{{ function }}", "total"),
        ("{{ module }}", "shop.cart"),
        ("{{ stack.filename }}", "shop/cart.py"),
        ("{{ transaction }}", "/pay"),
        ("{{ tags.tenant }}", "acme"),
        ("{{ tags.release }}", "1.2"),
        ("{{ level }}", "error"),
        ("{{ logger }}", "<no-logger>"),
        ("{{ tags.none }}", "<no-value-for-tag-none>"),
        ("{{ unheard }}", "{{ unheard }}"),
        ("x {{ type }}", "x {{ type }}"),
    ],
)
def test_variables_of_a_fingerprint_are_filled_in(variable: str, expected: str) -> None:
    payload = error(
        TOTAL,
        value="no good 7",
        transaction="/pay",
        tags={"tenant": "acme"},
        release="1.2",
    )
    filled = group(event_of(payload | {"fingerprint": [variable]}))
    assert filled.parts[0].values == (expected,)
    assert hash_of(payload | {"fingerprint": [variable]}) == hash_of(
        payload | {"fingerprint": [expected]}
    )


def test_a_checksum_is_the_key() -> None:
    assert hash_of({"checksum": "a1", "message": "x"}) == hash_of({"checksum": "a1"})
