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
