"""Reads tables of labelled texts: one row a line, under the names of their axes."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
BETWEEN = " ⇔ "


def rows(file: str) -> list[tuple[str, list[str]]]:
    """The axis and the texts of each row of a file in this folder."""
    found = []
    axis = ""
    for line in (FOLDER / file).read_text("utf-8").splitlines():
        if line.startswith("[") and BETWEEN not in line:
            axis = line.strip("[]")
        else:
            found.append((axis, line.split(BETWEEN)))
    return found


def traces() -> list[tuple[str, str, list[tuple[str, list[str]]]]]:
    """The platform, the axis and the labelled traces of each block of traces.txt.

    A trace is its calls, the outermost first, each as it stands in the file:
    ``function @ module ~ path % package | line of source``, of which only the first
    must be; ``·`` before it says that it is not of the app, ``¿`` that nobody knows.
    """
    found: list[tuple[str, str, list[tuple[str, list[str]]]]] = []
    for line in (FOLDER / "traces.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            platform, _, axis = line.strip("[]").partition(": ")
            found.append((platform, axis, []))
        else:
            label, _, calls = line.partition(" ")
            found[-1][2].append((label, calls.split(" → ")))
    return found
