"""What a frame is called, where it is and whose code it is."""

from __future__ import annotations

from collections.abc import Iterable

from issues.event import Frame


def is_in_app(frame: Frame) -> bool:
    return frame.get("in_app", False)


def function_of(frame: Frame) -> str:
    name = frame.get("function") or frame.get("raw_function") or frame.get("symbol")
    return name or frame.get("instruction_addr") or "?"


def place_of(frame: Frame) -> str:
    """File, line and column; a module or package where no file is known."""
    place = (
        frame.get("filename")
        or frame.get("abs_path")
        or frame.get("module")
        or frame.get("package")
        or ""
    )
    for name in ("lineno", "colno"):
        if number := frame.get(name):
            place += f":{number}"
        else:
            break
    return place


def packages_of(frames: Iterable[Frame]) -> str:
    """Where library frames come from, each place once: "django, urllib3"."""
    names = dict.fromkeys(_package(frame) for frame in frames)
    names.pop("", None)
    shown = list(names)[:4]
    return ", ".join(shown) + (", …" if len(names) > len(shown) else "")


def _package(frame: Frame) -> str:
    path = (frame.get("filename") or frame.get("abs_path") or "").replace("\\", "/")
    for marker in ("node_modules/", "site-packages/", "dist-packages/", "vendor/"):
        _, found, rest = path.rpartition(marker)
        if found:
            parts = rest.split("/")
            return "/".join(parts[:2] if rest.startswith("@") else parts[:1])
    if module := frame.get("module"):
        parts = module.split(".")
        is_reversed_host = parts[0] in {"com", "org", "net", "io"}
        return ".".join(parts[:3] if is_reversed_host else parts[:1])
    if package := frame.get("package"):
        return package.replace("\\", "/").rsplit("/", 1)[-1]
    return path.rpartition("/")[0] or path
