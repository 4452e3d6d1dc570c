"""How an attachment is shown: as an image, as text, or only as a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

TEXT_BYTES_MAX = 64 * 1024
# What is put in order before it is shown must be read whole.
JSON_BYTES_MAX = 512 * 1024
IMAGE_BYTES_MAX = 5 * 2**20
_LINES_MAX = 2000
_DEPTH_MAX = 100

_IMAGE_NAMES = (".png", ".jpg", ".jpeg", ".gif", ".webp")
_TEXT_NAMES = (
    ".txt",
    ".log",
    ".json",
    ".xml",
    ".runtime-xml",
    ".csv",
    ".md",
    ".yml",
    ".yaml",
    ".ini",
    ".cfg",
    ".conf",
    ".html",
    ".svg",
    ".js",
    ".css",
    ".py",
    ".crash",
)
_TEXT_TYPES = ("text/", "application/json", "application/xml", "image/svg")
_TEXT_KINDS = {
    "event.view_hierarchy",
    "event.applecrashreport",
    "unreal.context",
    "unreal.logs",
}
VIEW_HIERARCHY = "event.view_hierarchy"
_UNSAFE = frozenset('/\\":*?<>|')


def image_type(head: bytes) -> str | None:
    """The type of an image that browsers only draw, by its first bytes.

    None for everything else: what may hold script, such as SVG, is no image here.
    """
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    return None


def looks_like_image(name: str, content_type: str, size: int) -> bool:
    """Whether it is worth trying to show; the bytes have the last word."""
    if size > IMAGE_BYTES_MAX or content_type.startswith("image/svg"):
        return False
    return content_type.startswith("image/") or name.lower().endswith(_IMAGE_NAMES)


def looks_like_text(name: str, content_type: str, kind: str) -> bool:
    return (
        kind in _TEXT_KINDS
        or content_type.startswith(_TEXT_TYPES)
        or name.lower().endswith(_TEXT_NAMES)
    )


def text_of(data: bytes, name: str, kind: str) -> str:
    """The beginning of a text file; JSON in order, a view hierarchy as its tree."""
    tree = _json(data) if name.lower().endswith(".json") else None
    if tree is not None:
        # Some SDKs send it as any other file, under this name.
        is_hierarchy = kind == VIEW_HIERARCHY or name == "view-hierarchy.json"
        lines = _hierarchy(tree) if is_hierarchy else []
        if lines:
            return "\n".join(lines)
        data = orjson.dumps(tree, option=orjson.OPT_INDENT_2)
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return data[:TEXT_BYTES_MAX].decode(encoding, "replace")


def safe_name(name: str) -> str:
    """A file's name for those who save it: one that no system reads as more.

    >>> safe_name('../a"b\\n.txt')
    '.._a_b_.txt'
    """
    return "".join(
        c if c.isprintable() and c not in '/\\":*?<>|' else "_" for c in name
    )


def _json(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None


def _hierarchy(tree: Any) -> list[str]:
    """A line for each view, its children below it; empty for another form."""
    windows = tree.get("windows") if isinstance(tree, dict) else None
    if not isinstance(windows, list):
        return []
    lines: list[str] = []
    for line in _views(windows):
        if len(lines) == _LINES_MAX:
            lines.append("…")
            break
        lines.append(line)
    return lines


def _views(windows: list[Any]) -> Iterator[str]:
    # By hand and not by recursion: the depth is the sender's.
    waiting = [(0, view) for view in reversed(windows)]
    while waiting:
        depth, view = waiting.pop()
        if not isinstance(view, dict):
            continue
        yield "  " * min(depth, _DEPTH_MAX) + _view(view)
        children = view.get("children")
        if isinstance(children, list):
            waiting += [(depth + 1, child) for child in reversed(children)]


def _view(view: dict[str, Any]) -> str:
    parts = [str(view.get("type") or "?")]
    for name in ("identifier", "tag", "name"):
        if view.get(name):
            parts.append(f"{name}={view[name]}")
    if "width" in view and "height" in view:
        parts.append(f"{view['width']}\u00d7{view['height']}")
    if "x" in view and "y" in view:
        parts.append(f"@{view['x']},{view['y']}")
    if view.get("visible") is False:
        parts.append("hidden")
    return " ".join(parts)
