"""The platforms that the set-up page knows, in the order of its picker."""

from __future__ import annotations

from projects.platforms.base import Platform, Step
from projects.platforms.browser import BROWSER
from projects.platforms.compiled import APPLE, DOTNET, FLUTTER, GO, JVM, RUST
from projects.platforms.native import ELIXIR, NATIVE, REACT_NATIVE, REPORTS, UNITY
from projects.platforms.node import NODE
from projects.platforms.python import PYTHON
from projects.platforms.scripting import OTHER, PHP, RUBY

PLATFORMS: tuple[Platform, ...] = (
    *PYTHON,
    *BROWSER,
    *NODE,
    GO,
    *JVM,
    *RUBY,
    *PHP,
    *DOTNET,
    RUST,
    APPLE,
    FLUTTER,
    REACT_NATIVE,
    UNITY,
    NATIVE,
    ELIXIR,
    REPORTS,
    OTHER,
)

__all__ = ["PLATFORMS", "Platform", "Step"]
