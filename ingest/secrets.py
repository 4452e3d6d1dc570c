"""What a secret looks like: by the name of its field, and by its own text."""

from __future__ import annotations

import re
from functools import lru_cache

FILTERED = "[Filtered]"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_NOT_LETTERS = re.compile(r"[^a-z0-9]+")
_WITHIN = _words(
    "password passwd passphrase passcode secret token apikey accesskey privatekey "
    "signingkey encryptionkey authorization credential csrf xsrf creditcard cardnumber "
    "ccnumber cardnum securitycode connectionstring sessionid sessid sessionkey "
    "mysqlpwd dbpwd socialsecurity sshkey setcookie"
)
_WHOLE = frozenset(
    _words(
        "auth cookie cookies session sess sid connectsid pwd pass cvv cvc cvv2 cvc2 "
        "pan ssn jwt bearer otp pin pincode card ccnum iban privkey xauth"
    )
)
_HARMLESS = re.compile(
    r"^(?:max|min|num|total|prompt|completion|input|output|cached?)?tokens?"
    r"(?:count|used|limit|type|izer|ized?|ization|length|total|usage|kind|s)?$(?<!^token)"
    r"|(?:secret|token|password)(?:name|length|policy|hint|resets?|file|expire\w*)$"
    r"|csrfprotect"
)

_CARD = re.compile(r"(?<![\d.-])(?:\d[ -]?){12,18}\d(?![\d.])")
_CARD_START = re.compile(r"4|5[1-5]|2[2-7]|3[47]|6|35|3[068]")
_URL_USER = re.compile(r"://[^\s/?#@:\"']{0,256}:[^\s/?#@\"']{1,256}(?=@)")
_URL_USER_CHARS = 3 + 256 + 1 + 256
_AT_SIGNS_MAX = 50
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


# In small letters, digits as zeros, without blanks and dashes: a few words stand for
# all spellings, and each run of zeros is one of digits that a card's number may fill.
_PLAIN = bytes(48 if 48 <= code <= 57 else code for code in bytes(range(256)).lower())
_IGNORED = b" -"
_SHORTEST_CARD = b"0" * 13
_RUN = re.compile(rb"0+")
_VALUE_FOLLOWS = re.compile(rb"[a-z0_]{0,32}(?:[\"']:|=)|(?<=passw)ord:")
_KEY_FOLLOWS = re.compile(rb"(?:(?<=api_key)|(?<=access_key))[a-z0_]{0,32}(?:[\"']:|=)")
_TOKEN_FOLLOWS = re.compile(rb"[a-z0~+/=_.]{6}")
_HINTS = (
    (b"passw", _VALUE_FOLLOWS),
    (b"secret", _VALUE_FOLLOWS),
    (b"token", _VALUE_FOLLOWS),
    (b"apikey", _VALUE_FOLLOWS),
    (b"_key", _KEY_FOLLOWS),
    (b"bearer", _TOKEN_FOLLOWS),
    (b"authorization:", _TOKEN_FOLLOWS),
    (b"eyj", _TOKEN_FOLLOWS),
)


@lru_cache(maxsize=10_000)
def is_secret_name(name: str) -> bool:
    """Whether a field of that name holds a secret, whatever its spelling."""
    plain = _NOT_LETTERS.sub("", name.lower())
    if plain in _WHOLE:
        return True
    return any(word in plain for word in _WITHIN) and not _HARMLESS.search(plain)


def may_hold_secret(text: str) -> bool:
    """A fast look at much text at once: False means that all of it is clean.

    3 µs for a KB of ordinary text, where the patterns themselves would take fifty.
    Searching from the end takes half the time of searching from the start.
    """
    if "://" in text and "@" in text and _may_hold_user(text):
        return True
    if text.rfind("PRIVATE KEY") >= 0:
        return True
    plain = text.encode(errors="replace").translate(_PLAIN, _IGNORED)
    if plain.rfind(_SHORTEST_CARD) >= 0 and _may_hold_card(plain, text):
        return True
    for hint, pattern in _HINTS:
        if plain.rfind(hint) >= 0 and _follows(pattern, plain, hint):
            return True
    return False


def _may_hold_user(text: str) -> bool:
    """Whether a URL with a user stands in the text.

    Where the signs ``@`` are few, nearly none has ``://`` before it in its line.
    """
    if text.count("@") <= _AT_SIGNS_MAX:
        at = text.find("@")
        while at >= 0:
            url = text.rfind("://", max(at - _URL_USER_CHARS, 0), at)
            if url >= 0 and text.find("\n", url, at) < 0:
                break
            at = text.find("@", at + 1)
        else:
            return False
    return _URL_USER.search(text) is not None


def _may_hold_card(plain: bytes, text: str) -> bool:
    """Whether a run of digits, blanks and dashes left out, is a card's number.

    Long decimals are many in some programs, and the pattern takes ten times longer.
    """
    kept = b""
    at = plain.find(_SHORTEST_CARD)
    while at >= 0:
        run = _RUN.match(plain, at)
        end = run.end() if run else len(plain)
        if plain[at - 1 : at] != b"." and plain[end : end + 1] != b".":
            kept = kept or text.encode(errors="replace").translate(None, _IGNORED)
            if _is_card(kept[at:end].decode()):
                return True
        at = plain.find(_SHORTEST_CARD, end)
    return False


def _follows(pattern: re.Pattern[bytes], data: bytes, hint: bytes) -> bool:
    """Whether the pattern matches behind the hint, at any of its places."""
    at = data.find(hint)
    while at >= 0:
        if pattern.match(data, at + len(hint)):
            return True
        at = data.find(hint, at + len(hint))
    return False


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


def _card(match: re.Match[str]) -> str:
    return FILTERED if _is_card(match[0]) else match[0]


def is_card_number(number: int) -> bool:
    """Whether an integer is a payment card's number."""
    return 10**12 <= number < 10**19 and _is_card(str(number))


def _is_card(text: str) -> bool:
    digits = [int(letter) for letter in text if letter.isdigit()]
    if not 13 <= len(digits) <= 19 or not _CARD_START.match(text):
        return False
    doubled = [digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
