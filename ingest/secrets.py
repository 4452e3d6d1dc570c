"""What a secret looks like: by the name of its field, and by its own text."""

from __future__ import annotations

import re
from functools import lru_cache

FILTERED = "[Filtered]"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Names are compared in small letters, without signs between their words, and with
# zeros for all digits.
_NOT_LETTERS = re.compile(r"[^a-z0-9]+")
_DIGITS = str.maketrans("123456789", "0" * 9)
# A plus stands where two words may be joined by a sign.
NAMES_WITHIN = _words(
    "password passwd passphrase passcode secret token api+key access+key private+key "
    "signing+key encryption+key authorization credential csrf xsrf credit+card "
    "card+number cc+number card+num security+code connection+string session+id sessid "
    "session+key mysql+pwd db+pwd social+security ssh+key set+cookie"
)
NAMES_WHOLE = _words(
    "auth cookie cookies session sess sid connect+sid pwd pass cvv cvc cvv0 cvc0 pan "
    "ssn jwt bearer otp pin pin+code card cc+num iban priv+key x+auth"
)
_WITHIN = tuple(word.replace("+", "") for word in NAMES_WITHIN)
_WHOLE = frozenset(word.replace("+", "") for word in NAMES_WHOLE)
_HARMLESS = re.compile(
    r"^(?:max|min|num|total|prompt|completion|input|output|cached?)?tokens?"
    r"(?:count|used|limit|type|izer|ized?|ization|length|total|usage|kind|s)?$(?<!^token)"
    r"|(?:secret|token|password)(?:name|length|policy|hint|resets?|file|expire\w*)$"
    r"|csrfprotect"
)

# Ids in hexadecimal digits have long runs of decimal ones, too.
_CARD = re.compile(r"(?<![\da-fA-F.-])(?:\d[ -]?){12,18}\d(?![\da-fA-F.])")
_CARD_START = re.compile(r"4|5[1-5]|2[2-7]|3[47]|6|35|3[068]")
_URL_USER = re.compile(r"://[^\s/?#@:\"']{0,256}:[^\s/?#@\"']{1,256}(?=@)")
_SCHEME_WORDS = re.compile(r"\b(bearer|basic)(\s+)[a-z0-9._~+/=-]{8,}", re.IGNORECASE)
_JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?")
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]{0,32}PRIVATE KEY[A-Z ]{0,8}-----[^-]{0,16384}"
    r"(?:-----END [A-Z ]{0,48}-----)?"
)
# A name that is told within a text, with its value: password=…, 'token': '…'.
_ASSIGNED = re.compile(
    r"((?:passw|secret|token|api[_-]?key|access_key)[\w-]{0,32}"
    r"(?:[\"']\s{0,2}:|\s{0,2}=|(?<=password):)\s{0,2})"
    r"(\"[^\"\n]{1,256}\"|'[^'\n]{1,256}'|[^\s\"'&,;)}\]>]{3,256})",
    re.IGNORECASE,
)
_NAME = re.compile(r"[\w-]+")


@lru_cache(maxsize=10_000)
def is_secret_name(name: str) -> bool:
    """Whether a field of that name holds a secret, whatever its spelling."""
    plain = _NOT_LETTERS.sub("", name.lower()).translate(_DIGITS)
    if plain in _WHOLE:
        return True
    return any(word in plain for word in _WITHIN) and not _HARMLESS.search(plain)


def cleaned(text: str) -> str:
    """The text with each secret in it replaced."""
    if "://" in text and "@" in text:
        text = _URL_USER.sub("://" + FILTERED, text)
    if "PRIVATE KEY" in text:
        text = _PRIVATE_KEY.sub(FILTERED, text)
    if "eyJ" in text:
        text = _JWT.sub(FILTERED, text)
    lowered = text.lower()
    if "bearer" in lowered or "basic" in lowered:
        text = _SCHEME_WORDS.sub(rf"\1\2{FILTERED}", text)
    if "=" in text or ":" in text:
        text = _ASSIGNED.sub(_assigned, text)
    # Fewer characters hold no card number.
    return _CARD.sub(_card, text) if len(text) > 12 else text


def _assigned(match: re.Match[str]) -> str:
    name = _NAME.match(match[1])
    is_secret = name is not None and is_secret_name(name[0])
    return match[1] + FILTERED if is_secret else match[0]


def holds_card(text: str) -> bool:
    """Whether a payment card's number stands in the text."""
    return any(_is_card(found[0]) for found in _CARD.finditer(text))


def _card(match: re.Match[str]) -> str:
    return FILTERED if _is_card(match[0]) else match[0]


def _is_card(text: str) -> bool:
    digits = [int(letter) for letter in text if letter.isdigit()]
    if not 13 <= len(digits) <= 19 or not _CARD_START.match(text):
        return False
    doubled = [digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
