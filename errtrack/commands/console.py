"""Writes for the person in front of the terminal."""

import sys


def say(text: str = "") -> None:
    """Writes one line at once, whatever stdout is connected to."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
