"""Short ids of issues: "PROJ-1A", the project's slug and the number in base 32."""

from __future__ import annotations

# Without I, L, O and U, which are easily misread or spell words.
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)} | {
    "I": 1,
    "L": 1,
    "O": 0,
}
_LARGEST = 2**31 - 1


def encode(slug: str, number: int) -> str:
    """The short id of a project's issue.

    >>> encode("proj", 42), encode("web-app", 1)
    ('PROJ-1A', 'WEB-APP-1')
    """
    if number < 0:
        raise ValueError(f"{number} is the number of a survivor's share")
    digits = ""
    rest = number
    while rest or not digits:
        rest, digit = divmod(rest, 32)
        digits = _DIGITS[digit] + digits
    return f"{slug.upper()}-{digits}"


def decode(text: str) -> tuple[str, int] | None:
    """The project's slug (in lower case) and the number; None for other text.

    Takes either case, and I, L and O for the digits they resemble.

    >>> decode("proj-1a"), decode("WEB-APP-O1"), decode("no id"), decode("-1")
    (('proj', 42), ('web-app', 1), None, None)
    """
    slug, dash, digits = text.strip().rpartition("-")
    if not slug or not dash or not digits or not _is_slug(slug):
        return None
    number = 0
    for digit in digits.upper():
        value = _VALUES.get(digit)
        if value is None:
            return None
        number = number * 32 + value
        if number > _LARGEST:
            return None
    return (slug.lower(), number) if number else None


def _is_slug(text: str) -> bool:
    return text.isascii() and text.replace("-", "").replace("_", "").isalnum()
