"""What a secret looks like: by the name of its field, and by its own text."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from projects.rules import ScrubbingRules

FILTERED = "[Filtered]"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Names are compared in small letters, without signs between their words, and with
# zeros for all digits.
_NOT_LETTERS = re.compile(r"[\W_]+")
_BETWEEN_WORDS = re.compile(r"[\W_]+|(?<=[a-z0-9])(?=[A-Z])")
_DIGITS = str.maketrans("123456789", "0" * 9)
# A plus stands where two words may be joined by a sign.
NAMES_WITHIN = _words(
    "password passwd passphrase passcode secret token api+key access+key private+key "
    "signing+key encryption+key authorization credential csrf xsrf credit+card "
    "card+number cc+number card+num security+code connection+string session+id sessid "
    "session+key mysql+pwd db+pwd social+security ssh+key set+cookie http+cookie "
    "http+x+auth"
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
_CARD = re.compile(r"(?<![\da-fA-F.-])(?:\d[ -]?){12,18}\d(?![\da-fA-F]|\.\d)")
_CARD_START = re.compile(r"4|5[1-5]|2[2-7]|3[47]|6|35|3[068]")
_URL_USER = re.compile(r"://[^\s/?#@:\"']{0,256}:[^\s/?#@\"']{1,256}(?=@)")
# A header with all that stands in its line, or between its quotes.
_SCHEME = r"(?:(?:basic|bearer|digest|negotiate|token|apikey)\s{1,2})?)"
_AUTHORIZATION = re.compile(
    rf"(authorization\s{{0,2}}[:=]\s{{0,2}}{_SCHEME}[^'\n]{{4,1024}}"
    rf"|(authorization[\"']\s{{0,2}}:\s{{0,2}}[\"']{_SCHEME}[^\"'\n]{{4,1024}}",
    re.IGNORECASE,
)
_SCHEME_WORDS = re.compile(r"\b(bearer|basic)(\s+)[a-z0-9._~+/=-]{8,}", re.IGNORECASE)
_JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?")
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]{0,32}PRIVATE KEY[A-Z ]{0,8}-----[^-]*(?:-(?!----)[^-]*)*"
    r"(?:-----END [A-Z ]{0,48}-----)?"
)
# Keys of services that many use: of AWS, GitHub, GitLab, Slack, Stripe, Google, and
# of Sentry's web API.
_KEYS = re.compile(
    r"\b(?:(?:AKIA|ASIA)[A-Z0-9]{16}|gh[opsur]_\w{30,255}|github_pat_\w{22,255}"
    r"|glpat-[\w-]{20,255}|xox[abeprs]-[\w-]{10,255}|[rs]k_(?:live|test)_\w{16,255}"
    r"|AIza[\w-]{35}|sntry[asu]_[\w=+/-]{20,512})"
)
# A name that is told within a text, with its value: password=…, 'token': '…'.
_IS_TOLD = r"(?:[\"']\s{0,2}:|\s{0,2}=|(?<=password):)\s{0,2})"
_VALUE = r"(\"[^\"\n]{1,256}\"|'[^'\n]{1,256}'|[^\s\"'&,;)}\]>]{3,256})"
_ASSIGNED = re.compile(
    rf"((?:{'|'.join(NAMES_WITHIN).replace('+', '[ _.-]?')}|pwd)[\w-]{{0,32}}"
    + _IS_TOLD
    + _VALUE,
    re.IGNORECASE,
)
_NAME = re.compile(r"[\w -]+")
_PLAIN_NAME = re.compile(r"[\w.-]*")
# The same of any name, where it and its value are quoted, as in JSON and in Python.
_QUOTED = re.compile(
    r"((?<![\w\"'])\\{0,15}[\"']([\w .-]{2,64}+)\\{0,15}[\"']\s{0,2}:\s{0,2})"
    r"(?:(\\{0,15}\")[^\"\n\\]{1,1024}|(')[^'\n]{1,1024}"
    r"|(?!(?:None|null|[Tt]rue|[Ff]alse)\b)[^\s\"',;)}\]>\[{]{1,256})"
)


def _plain(name: str) -> str:
    return _NOT_LETTERS.sub("", name.lower()).translate(_DIGITS)


@lru_cache(maxsize=10_000)
def is_secret_name(name: str) -> bool:
    """Whether a field of that name holds a secret, whatever its spelling."""
    plain = _plain(name)
    if plain in _WHOLE:
        return True
    return any(word in plain for word in _WITHIN) and not _HARMLESS.search(plain)


def without_password(address: str) -> str:
    """A URL without the user and the password in it."""
    return _URL_USER.sub("://" + FILTERED, address)


def cleaned(text: str, is_secret: Callable[[str], bool] = is_secret_name) -> str:
    """The text with each secret in it replaced; `is_secret` tells names that are."""
    if "://" in text and "@" in text:
        text = _URL_USER.sub("://" + FILTERED, text)
    if "PRIVATE KEY" in text:
        text = _PRIVATE_KEY.sub(FILTERED, text)
    if "eyJ" in text:
        text = _JWT.sub(FILTERED, text)
    text = _KEYS.sub(FILTERED, text)
    lowered = text.lower()
    if "authorization" in lowered:
        text = _AUTHORIZATION.sub(rf"\1\2{FILTERED}", text)
    if "bearer" in lowered or "basic" in lowered:
        text = _SCHEME_WORDS.sub(rf"\1\2{FILTERED}", text)
    if "=" in text or ":" in text:

        def filtered(match: re.Match[str]) -> str:
            name = _NAME.match(match[1])
            return _told(match) if name and is_secret(name[0]) else match[0]

        def filtered_field(match: re.Match[str]) -> str:
            if not is_secret(match[2]) or match[0].endswith(FILTERED):
                return match[0]
            return match[1] + (match[3] or match[4] or "") + FILTERED

        text = _ASSIGNED.sub(filtered, text)
        text = _QUOTED.sub(filtered_field, text)
    # Fewer characters hold no card number.
    return _CARD.sub(_card, text) if len(text) > 12 else text


def _told(match: re.Match[str]) -> str:
    """A name with its value filtered, where it is not already."""
    is_filtered = match[2].lstrip("\"'").startswith(FILTERED[:-1])
    return match[0] if is_filtered else match[1] + FILTERED


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


class Secrets:
    """What is secret by the rules of a project."""

    def __init__(self, rules: ScrubbingRules) -> None:
        self.has_defaults = rules.uses_defaults
        self.words = tuple(filter(None, map(_joined, rules.sensitive_fields)))
        self._within = tuple(word.replace("+", "") for word in self.words)
        self._safe = frozenset(map(_plain, rules.safe_fields))
        self.has_safe_names = bool(self._safe)
        # Names are few: what was found of one is known the next time.
        self.is_written_name = lru_cache(maxsize=4096)(self._is_written_name)
        self._assigned = _assignments(self.words)

    def is_safe(self, name: str) -> bool:
        return _plain(name) in self._safe

    def cleaned(self, text: str) -> str:
        """The text with each secret in it replaced."""
        if self._assigned is not None:
            text = self._assigned.sub(_told, text)
        return cleaned(text, self.is_name) if self.has_defaults else text

    def _is_written_name(self, name: bytes) -> bool:
        """The same of a name as JSON has it; not if it holds a secret itself."""
        text = name.decode(errors="replace")
        is_text = not _PLAIN_NAME.fullmatch(text)
        return self.is_name(text) and not (is_text and self.cleaned(text) != text)

    def is_name(self, name: str) -> bool:
        """Whether a field of that name holds a secret."""
        plain = _plain(name)
        if plain in self._safe:
            return False
        if any(word in plain for word in self._within):
            return True
        return self.has_defaults and is_secret_name(name)


def _joined(word: str) -> str:
    """The word as it stands in NAMES_WITHIN: with a plus between its parts."""
    parts = _BETWEEN_WORDS.split(word)
    return "+".join(_plain(part) for part in parts if part)


def _assignments(words: tuple[str, ...]) -> re.Pattern[str] | None:
    """What tells the value of a field of such a name within a text."""
    if not words:
        return None
    spelled = [
        "[ _.-]?".join(map(re.escape, word.split("+"))).replace("0", r"\d")
        for word in words
    ]
    named = rf"((?:{'|'.join(spelled)})[\w-]{{0,32}}"
    return re.compile(named + _IS_TOLD + _VALUE, re.IGNORECASE)
