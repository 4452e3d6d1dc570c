"""Labelled traces of all platforms: one label, one issue; other labels, others."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.unit.events import error, hash_of
from tests.unit.issues.tables import traces

BLOCKS = traces()
_FIELDS = {"@": "module", "~": "abs_path", "%": "package", "|": "context_line"}
_OWN = {"·": False, "¿": None}


def frame(call: str) -> dict[str, Any]:
    own = _OWN.get(call[:1], True)
    function, *rest = re.split(r" ([@~%|]) ", call.lstrip("·¿"))
    found: dict[str, Any] = {"function": function, "lineno": 7}
    if own is not None:
        found["in_app"] = own
    for sign, text in zip(rest[::2], rest[1::2], strict=True):
        found[_FIELDS[sign]] = text
    if "abs_path" in found:
        found["filename"] = found["abs_path"]
    return found


@pytest.mark.parametrize(
    ("platform", "labelled"),
    [(platform, labelled) for platform, _, labelled in BLOCKS],
    ids=[f"{platform} {axis}" for platform, axis, _ in BLOCKS],
)
def test_traces_are_one_issue_where_their_labels_are_one(
    platform: str, labelled: list[tuple[str, list[str]]]
) -> None:
    labels: dict[str, set[str]] = {}
    for label, calls in labelled:
        digest = hash_of(error(*map(frame, calls), platform=platform))
        labels.setdefault(label, set()).add(digest)
    assert [len(hashes) for hashes in labels.values()] == [1] * len(labels)
    assert len(set.union(*labels.values())) == len(labels)
