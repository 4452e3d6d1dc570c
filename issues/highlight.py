"""Source lines cut into tokens that the stylesheet colours."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from functools import lru_cache

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Name, Number, Operator, String, _TokenType
from pygments.util import ClassNotFound

# Text and its CSS class; "" for plain text.
Token = tuple[str, str]

# What is longer is minified code, in which colours say nothing.
_LONGEST_LINE = 250
# CPU time after which the rest stays plain. Eleven lines of Python take 0.3 ms; what
# Pygments' expressions make of hostile lines grows with the cube of their length: of
# eleven lines of 500 characters its Java took 8 s.
PATIENCE_S = 0.05
# What a bundler or a server puts behind a file's name.
_BEHIND_NAME = re.compile(r"[?#].*", re.DOTALL)

_BY_SUFFIX = {
    ".py": "python",
    ".js": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".es6": "javascript",
    ".jsx": "javascript",
    ".ts": "typescript",
    ".tsx": "typescript",
    ".mts": "typescript",
    ".cts": "typescript",
    ".vue": "javascript",
    ".svelte": "javascript",
    ".astro": "javascript",
    ".coffee": "coffeescript",
    ".rb": "ruby",
    ".rake": "ruby",
    ".erb": "erb",
    ".cr": "crystal",
    ".php": "php",
    ".phtml": "php",
    ".java": "java",
    ".kt": "kotlin",
    ".kts": "kotlin",
    ".scala": "scala",
    ".groovy": "groovy",
    ".clj": "clojure",
    ".cljs": "clojure",
    ".go": "go",
    ".rs": "rust",
    ".c": "c",
    ".h": "c",
    ".cc": "cpp",
    ".cpp": "cpp",
    ".cxx": "cpp",
    ".hh": "cpp",
    ".hpp": "cpp",
    ".zig": "zig",
    ".nim": "nim",
    ".cs": "csharp",
    ".fs": "fsharp",
    ".vb": "vbnet",
    ".ps1": "powershell",
    ".psm1": "powershell",
    ".swift": "swift",
    ".m": "objective-c",
    ".mm": "objective-c++",
    ".ex": "elixir",
    ".exs": "elixir",
    ".erl": "erlang",
    ".hs": "haskell",
    ".ml": "ocaml",
    ".dart": "dart",
    ".pl": "perl",
    ".pm": "perl",
    ".lua": "lua",
    ".gd": "gdscript",
    ".jl": "julia",
    ".r": "r",
    ".sh": "bash",
    ".sql": "sql",
    ".html": "html+jinja",
    ".jinja": "html+jinja",
    ".j2": "html+jinja",
    ".twig": "html+twig",
}
_BY_PLATFORM = {
    "python": "python",
    "javascript": "javascript",
    "node": "javascript",
    "ruby": "ruby",
    "php": "php",
    "java": "java",
    "go": "go",
    "rust": "rust",
    "csharp": "csharp",
    "swift": "swift",
    "cocoa": "swift",
    "objc": "objective-c",
    "c": "c",
    "native": "cpp",
    "elixir": "elixir",
    "haskell": "haskell",
    "groovy": "groovy",
    "kotlin": "kotlin",
    "dart": "dart",
    "perl": "perl",
    "powershell": "powershell",
    "cfml": "cfm",
    "as3": "as3",
}
# A few lines out of the middle of a file begin within its code.
_OPTIONS: dict[str, dict[str, bool]] = {"php": {"startinline": True}}
# The first that a token belongs to decides.
_CLASSES: tuple[tuple[_TokenType, str], ...] = (
    (Comment, "c"),
    (String, "s"),
    (Number, "m"),
    (Keyword, "k"),
    (Operator.Word, "k"),
    (Name.Function, "f"),
    (Name.Class, "f"),
    (Name.Decorator, "f"),
)


def highlight(
    lines: Sequence[str],
    *,
    filename: str,
    platform: str,
    patience_s: float = PATIENCE_S,
) -> list[list[Token]]:
    """The tokens of each line; plain text where no language is known.

    The lines are read together, so that a string over several of them is one. What is
    not read after `patience_s` of CPU time stays plain.
    """
    plain = [[(line, "")] if line else [] for line in lines]
    lexer = _lexer(_suffix(filename), platform)
    if lexer is None or any(len(line) > _LONGEST_LINE for line in lines):
        return plain
    # What splits lines for Pygments alone must not shift them.
    text = "\n".join(line.replace("\n", " ").replace("\r", " ") for line in lines)
    found: list[list[Token]] = [[]]
    ends_at = time.thread_time() + patience_s
    for kind, value in lexer.get_tokens(text):
        style = _class_of(kind)
        for i, piece in enumerate(value.split("\n")):
            if i:
                found.append([])
            if piece:
                found[-1].append((piece, style))
        if time.thread_time() > ends_at:
            # The line that is half read is plain, too.
            return found[:-1] + plain[len(found) - 1 :]
    return found[: len(lines)] if len(found) >= len(lines) else plain


def _suffix(filename: str) -> str:
    """What stands behind the last dot of a file's name, with it; as in a URL, too."""
    name = _BEHIND_NAME.sub("", filename).replace("\\", "/").rpartition("/")[2]
    _, dot, rest = name.rpartition(".")
    return f".{rest.lower()}" if dot else ""


@lru_cache(maxsize=1024)
def _class_of(kind: _TokenType) -> str:
    return next((style for group, style in _CLASSES if _is_in(kind, group)), "")


def _is_in(kind: _TokenType, group: _TokenType) -> bool:
    return kind[: len(group)] == group


@lru_cache(maxsize=64)
def _lexer(suffix: str, platform: str) -> Lexer | None:
    name = _BY_SUFFIX.get(suffix) or _BY_PLATFORM.get(platform)
    if name is None:
        return None
    try:
        options = _OPTIONS.get(name, {})
        return get_lexer_by_name(name, stripnl=False, ensurenl=False, **options)
    except ClassNotFound:
        return None
