"""Words with digits in them: ids, names with a number behind them, plain names."""

from __future__ import annotations

import re
from itertools import pairwise

_UNITS = re.compile(
    r"[\d.]+(x|X|px|rpm|fps|Hz|kHz|MHz|GHz|V|A|W|kg|km|cm|mm|pt|em|rem|dpi"
    r"|st|nd|rd|th|am|pm|AM|PM)$"
)
_SILENT = frozenset({"st", "nd", "rd", "th", "am", "pm", "AM", "PM"})
_NAMES = re.compile(
    r"(?:u?int|float|utf|base|sha|md|ipv|http|amd|arm|win|i|h|mp|s|ec|latin|oauth|"
    r"python|py|es|log|k|v|p|tls|tlsv|ssl|sslv|aes|rsa|web|jsonb|java|php|vue|lib|"
    r"i18n|l10n|p2p|b2b|gb|iso|cp|windows|crc|adler|murmur|xxh|sqlite|level|phase|step|"
    r"stage|part|layer|tier|mode|type|rfc|col|line|argv?|param|var|fn|func|test|"
    r"ext|jdk|jre|gcc|usb|wpa|imap|pop|rs|css|html|xml|sql|git|gpt|api|hls|dx|mysql|pbkdf|argon|ed|ripemd|blake|x(?=(?:32|64|86|509|25)(?!\d)))[-_]?\d{1,4}"
    r"(?:[a-z]{0,2}|_\w+)$",
    re.IGNORECASE,
)
# Short as they are, these are numbered things rather than names of something.
_NUMBERED = frozenset(
    re.findall(
        r"\w+",
        "job row bus cpu gpu db vm pod box bay fan app api dev run set tab key car bot"
        " ad id no nr gw lb fw ap sw pc tv rx tx ch dc sn zone node disk host rank slot"
        " lane lot pin bin rig hub x",
    )
)
_LETTERS_THEN_NUMBER = re.compile(r"([A-Za-z_]*?)(\d+)$")
_HEX_WORD = re.compile(r"(?=[a-fA-F]*\d)[0-9a-fA-F]{7,}$")
_SHORT_LETTERS = 2
_ID_CHARS = 4


def is_name(text: str) -> bool:
    """Whether its number is part of a name that people gave, as in "sha256"."""
    return _NAMES.match(text) is not None


def word(text: str) -> str:
    """A word as it counts: ``<id>`` or ``<number>`` stand for what varies in it."""
    if text[0] == "#" or text.replace("_", "").isdigit():
        return "<number>"
    if is_name(text):
        return text
    if _HEX_WORD.match(text):
        return "<id>"
    unit = _UNITS.match(text)
    if unit:
        return "<number>" if unit[1] in _SILENT else f"<number>{unit[1]}"
    match = _LETTERS_THEN_NUMBER.match(text)
    if match:
        return match[1] + "<number>" if _is_numbered(match) else text
    return "<id>" if _is_id(text) else text


def _is_numbered(match: re.Match[str]) -> bool:
    """Whether a number follows a word, rather than "s3" or "q3" being one."""
    letters, digits = match[1], match[2]
    if len(digits) > 1 or "_" in letters or len(letters) > _SHORT_LETTERS:
        return True
    return letters.lower() in _NUMBERED


def _is_id(text: str) -> bool:
    kinds = [letter.isdigit() for letter in text]
    changes = sum(a != b for a, b in pairwise(kinds))
    if kinds[0] and sum(kinds) >= 2:
        return len(text) >= _ID_CHARS
    return changes >= 2 and len(text) > _ID_CHARS
