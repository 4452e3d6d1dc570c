"""Messages without their variable data: ids, numbers, dates, addresses, paths.

One pass with one pattern: the alternatives are tried from the most to the least
telling at each place where data may begin, and none of them can backtrack far.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

LINES = 2
CHARS_MAX = 1024
"""What lies behind is left out: messages of one template differ or agree before."""

_HEX = "0-9a-fA-F"
_MONTH = (
    "(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|"
    "Sep(?:t(?:ember)?)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_DAY = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},?\ +)?"
_TIME = r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\ ?[AaPp][Mm]\b)?"
_ZONE = r"(?:\ ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?\b"
_UNIT = (
    "(?:ns|us|µs|ms|nanoseconds?|microseconds?|milliseconds?|millis|secs?|seconds?|s|"
    "mins?|minutes?|m|hrs?|hours?|h|days?|d|weeks?|w|months?|years?)"
)
_SIZE = "(?:[kKMGTP]i?[Bb]|bytes?|[Bb]|[kMG]bps|[KMGT])"
_TLD = "(?:com|net|org|edu|gov|mil|biz|local|internal|lan|localdomain|invalid|svc)"
# These are words of programs as well, so that a host needs a third name before them.
_SHORT_TLD = "(?:io|dev|app|info|cloud|co|uk|de|fr|nl|eu|ch|es|pl|se|fi|dk|ru|cn|jp|ai)"

_VARIABLE = re.compile(
    rf"""(?<!\w)(?:
    (?P<email>[\w.+-]{{1,64}}@[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{1,8}}\b)
  | (?P<url>\b[a-zA-Z][a-zA-Z0-9+]{{1,15}}://[^\s"'<>`|)\]}},;]+)
  | (?P<json>\{{"[^{{}}]{{0,400}}\}}|\[\{{"[^\[\]]{{0,400}}\}}\])
  | (?P<quoted>(?<==)\ ?(?:"[^"\n]{{0,200}}"|'[^'\n]{{0,200}}')
      | (?<![\w"])"[^"\n]{{0,200}}"(?![\w"]))
  | (?P<uuid>\b[{_HEX}]{{8}}-[{_HEX}]{{4}}-[{_HEX}]{{4}}-[{_HEX}]{{4}}-[{_HEX}]{{12}}\b)
  | (?P<trace>\b[{_HEX}]{{2}}-[{_HEX}]{{32}}-[{_HEX}]{{16}}-[{_HEX}]{{2}}\b)
  | (?P<mac>\b[{_HEX}]{{2}}(?:[:-][{_HEX}]{{2}}){{5}}\b)
  | (?P<date>
        \b\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}(?:[T ,]\ ?{_TIME}{_ZONE})?(?![\d.])
      | \b\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{4}}(?:[T ,]\ ?{_TIME}{_ZONE})?(?![\d.])
      | \b\d{{8}}T\d{{4,6}}Z?\b
      | \b{_DAY}\d{{1,2}}[ -]{_MONTH}[ -,]\ ?\d{{4}}(?:\ {_TIME}{_ZONE})?\b
      | \b{_DAY}{_MONTH}\ +\d{{1,2}}(?:st|nd|rd|th)?,?\ +(?:{_TIME}{_ZONE}\ +)?\d{{4}}\b
        (?:\ {_TIME}{_ZONE})?
      | \b{_MONTH}\ +\d{{1,2}}\ +{_TIME}\b
    )
  | (?P<duration>
        (?:(?<![\w.])[-+])?\b\d+(?:\.\d+)?(?:[eE][-+]?\d+)?\ ?{_UNIT}\b
        (?:,?\ ?\d+(?:\.\d+)?\ ?{_UNIT}\b){{0,5}}
      | (?:\d+(?:\.\d+)?(?:d|h|m|s|ms|us|ns)){{2,6}}\b
      | \bP(?:\d+[YMWD]){{0,4}}T(?:\d+(?:\.\d+)?[HMS]){{1,3}}\b
      | (?<![\w.])(?:\d+\ days?,\ )?\d+:\d\d:\d\d(?:[.,]\d+)?\b
    )
  | (?P<time>\b{_TIME}(?![\w:]))
  | (?P<size>(?<![\w.])\d+(?:\.\d+)?\ ?{_SIZE}\b)
  | (?P<ip>
        (?<![\w.])(?:\d{{1,3}}\.){{3}}\d{{1,3}}(?::\d{{1,5}}|/\d{{1,2}})?(?![\w.]*\d)
      | (?<![\w:])\[?(?=[{_HEX}:]*\d)(?:[{_HEX}]{{1,4}}:){{2,7}}(?::?[{_HEX}]{{1,4}}
        |:)(?::[{_HEX}]{{1,4}}){{0,6}}\]?(?::\d{{1,5}})?(?![\w:])
      | (?<![\w:])(?:[{_HEX}]{{1,4}})?::(?=[{_HEX}:]*\d)[{_HEX}:]{{1,37}}(?![\w:])
    )
  | (?P<hostname>[a-zA-Z0-9][a-zA-Z0-9-]{{0,62}}(?:\.[a-zA-Z0-9-]{{1,63}}){{0,7}}?\.
      (?:{_TLD}|[a-zA-Z0-9-]{{1,63}}\.{_SHORT_TLD})(?::\d{{1,5}})?(?![\w.(-]))
  | (?P<hex>\b0[xX][{_HEX}]+\b)
  | (?P<version>\bv?\d+(?:\.\d+){{2,5}}(?:[-+.]?[a-zA-Z][\w.+-]*)?)
  | (?P<number>(?:(?<![\w.)\]])[-+])?(?<![\w.])(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+)?
      (?:[eE][-+]?\d+)?%?(?![\w])(?!\.\d))
  | (?P<bool>(?<==)(?:true|false|True|False|null|None|nil)\b)
  | (?P<word>\#?[A-Za-z_]*\d\w*)
    )""",
    re.VERBOSE,
)
_DIGIT_OR_MARK = re.compile(r"[\d@\"=]|://|\.[a-z]{2}")
_LIST = re.compile(
    r"<(number|hex|id|uuid|quoted|ip|duration|size)>(?:(?:,\ ?|\ |;\ ?)<\1>)+"
)

_UNITS = re.compile(r"[\d.]+(x|X|px|rpm|fps|Hz|kHz|MHz|GHz|V|A|W|st|nd|rd|th)$")
_ORDINALS = frozenset({"st", "nd", "rd", "th"})
_NAMES = re.compile(
    r"(?:u?int|float|utf|base|sha|md|ipv|http|x|amd|arm|win|i|h|mp|s|ec|latin|oauth|"
    r"python|py|es|log|k|v|tls|ssl|aes|rsa|web|jsonb|java|php|vue|lib|i18n|l10n|p2p|"
    r"b2b|gb|iso|cp|windows|crc|adler|murmur|xxh|sqlite|level|phase|step|stage|part|"
    r"layer|tier|mode|type|rfc|col|line|argv?|param|var|fn|func|test)[-_]?\d{1,4}"
    r"(?:[a-z]{0,2}|_\w+)$",
    re.IGNORECASE,
)
_LETTERS_THEN_NUMBER = re.compile(r"([A-Za-z_]*?)(\d+)$")
_HEX_WORD = re.compile(rf"(?=[a-fA-F]*\d)[{_HEX}]{{7,}}$")


@lru_cache(maxsize=2048)
def parameterised(message: str) -> str:
    """The first two lines of the message, each piece of variable data as ``<kind>``."""
    lines = [line for line in message.splitlines() if line.strip()]
    text = "\n".join(lines[:LINES])[:CHARS_MAX]
    if len(lines) > LINES:
        text += "..."
    if not _DIGIT_OR_MARK.search(text):
        return text
    text = _VARIABLE.sub(_placeholder, text)
    return _LIST.sub(r"<\1>", text)


def _placeholder(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""
    return _word(match[0]) if kind == "word" else f"<{kind}>"


def _word(word: str) -> str:
    """A word with digits: an id, a name with a number behind it, or a plain name."""
    if word[0] == "#" or word.replace("_", "").isdigit():
        return "<number>"
    if _NAMES.match(word):
        return word
    if _HEX_WORD.match(word):
        return "<id>"
    unit = _UNITS.match(word)
    if unit:
        return "<number>" if unit[1] in _ORDINALS else f"<number>{unit[1]}"
    match = _LETTERS_THEN_NUMBER.match(word)
    if match:
        # Short ones are rather names, as in "area51" or "q3".
        return match[1] + "<number>" if len(match[2]) > 1 or "_" in word else word
    kinds = [letter.isdigit() for letter in word]
    changes = sum(a != b for a, b in pairwise(kinds))
    return "<id>" if changes >= 2 and len(word) >= 5 else word
