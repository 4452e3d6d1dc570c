"""File names without what bundlers, template engines and shells put into them."""

from __future__ import annotations

import re
from itertools import pairwise

_SCRIPT = re.compile(
    r"\.(?:[cm]?[jt]sx?|vue|svelte|astro|coffee|marko|bundle|jsbundle|hbc)$", re.I
)
_FLAVOURS = re.compile(
    r"[.-](?:min|prod|production|dev|development|chunk|bundle|esm|umd|cjs|legacy|"
    r"modern|es5|es6|es2015|debug|release|compiled|pack)(?=[.-]|$)",
    re.I,
)
_PARTS = re.compile(r"[.~@!]")
_HASH = re.compile(r"^(?=[a-z]*\d)[0-9a-f]{5,64}$|^v?\d+$", re.I)
_RANDOM = re.compile(r"^(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9]{8,24}$")
_VITE = re.compile(r"-([A-Za-z0-9_-]{8})$")
_NUXT_CHARS = 8  # What Nuxt calls its scripts by is a hash and nothing else.
_MIXED_CASE = re.compile(r"[a-z][A-Z]|[A-Z]{2}|_|-")
_GENERATED = re.compile(
    r"(?=[a-f]*\d)[0-9a-f]{12,64}|(?<=[-_.])\d{4,}(?=[-_.]|$)|(?<=ipykernel_)\d+"
    r"|(?<=eval )\d+|(?<=ipython-input-)\d+-\w+|(?<=<python-input-)\d+"
    r"|(?<=\[)\d+(?=\]>)|(?<=evalmachine\.)\S+"
)
_PHP_EVAL = re.compile(r"\(\d+\)")
_LIBRARY_VERSION = re.compile(r"(?<=\.so)(?:\.\d+)+$|(?:[-.]\d+)+(?=\.(?:so|dylib)\b)")


def script_name(location: str) -> str:
    """The script that a URL names, without build hash; empty when it is no script.

    ``https://x/assets/dash-a1B2c3D4.js?v=2`` gives ``dash``.
    """
    if location.startswith("data:"):
        return ""
    path = location.partition("?")[0].partition("#")[0].rstrip(")")
    path = path.removeprefix("address at ").replace("\\", "/")
    name = path.rpartition("/")[2]
    match = _SCRIPT.search(name)
    if match is None:
        return ""
    stem = name[: match.start()]
    if "/_nuxt/" in path and len(stem) == _NUXT_CHARS:
        return ""
    vite = _VITE.search(stem)
    if vite and _looks_random(vite[1]):
        stem = stem[: vite.start()]
    stem = _FLAVOURS.sub("", stem)
    words = [part for part in _PARTS.split(stem) if part and not _is_hash(part)]
    words = [_without_hash(word) for word in words]
    kept = ".".join(word for word in words if not _is_hash(word)).strip("-_.")
    if kept == "chunk" or not any(letter.isalpha() for letter in kept):
        return ""
    return kept.lower()


def _without_hash(word: str) -> str:
    parts = re.split(r"([-_])", word)
    while len(parts) > 2 and _is_hash(parts[-1]):
        del parts[-2:]
    while len(parts) > 2 and _is_hash(parts[0]):
        del parts[:2]
    return "".join(parts)


def _is_hash(part: str) -> bool:
    return bool(_HASH.match(part)) or (
        len(part) >= 8 and bool(_RANDOM.match(part)) and _changes(part) > 2
    )


def _looks_random(part: str) -> bool:
    """Eight characters of base 64, rather than a word of eight letters."""
    if any(letter.isdigit() for letter in part):
        return True
    return not part.islower() and bool(_MIXED_CASE.search(part))


def _changes(part: str) -> int:
    """How often letters and digits alternate."""
    kinds = [letter.isdigit() for letter in part]
    return sum(a != b for a, b in pairwise(kinds))


def file_name(location: str) -> str:
    """The last part of a path, in lower case, without generated numbers."""
    if location.startswith("(eval at "):  # Where it stands is said since Ruby 3.3.
        return "(eval)"
    name = location.replace("\\", "/").rpartition("/")[2].lower()
    name = name.rpartition(".apk!")[2]
    if not any(letter.isdigit() for letter in name):
        return name
    name = _LIBRARY_VERSION.sub("", name)
    return _PHP_EVAL.sub("", _GENERATED.sub("", name))
