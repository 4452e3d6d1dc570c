"""Stack traces, which code writes: a page has a hundred frames, and templates took
several times as long."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext

from issues.event import Mechanism
from issues.markup import shown
from issues.presentation.chain import Relation
from issues.presentation.frameviews import Fold, FrameView
from issues.presentation.stack import Block, Choice, Trace
from issues.templatetags.values import source_lines, value_rows
from projects.templatetags.ui import icon

register = template.Library()


@register.simple_tag
def trace_blocks(trace: Trace, choice: Choice) -> SafeString:
    """The exceptions of a trace, or its thread, with their frames."""
    writer = _Writer(choice)
    return SafeString("".join([writer.block(block) for block in trace.blocks]))


class _Writer:
    """Writes blocks; what all frames of a page share is made once.

    Whatever an event tells goes through `shown`.
    """

    def __init__(self, choice: Choice) -> None:
        self._oldest_first = choice.oldest_first
        self._down = icon("down")
        in_app = gettext("In app")
        self._in_app = f'<span class="tagin">{in_app}</span>'
        counts = gettext("counts for the grouping")
        self._counts = f'<span class="sr">{counts}</span>'
        self._source = gettext("Source")
        self._variables = gettext("Local variables")

    def block(self, block: Block) -> str:
        hidden = "" if block.type or block.value else " sr"
        hint = ""
        if block.lacks_in_app:
            hint = _hint(
                gettext(
                    "No frame of this trace is marked as in app, so the newest one is "
                    "open."
                )
            )
        return (
            f'<details class="block t{block.depth}" id="{shown(block.anchor)}"'
            f'{_open(block.is_open)}><summary class="exc{hidden}">{self._down}'
            f"<p>{self._relation(block)}{_headline(block)}</p>"
            f"{_mechanism(block.mechanism)}</summary>\n{hint}"
            f"{self._frames(block)}</details>"
        )

    def _relation(self, block: Block) -> str:
        said = ""
        if block.relation == Relation.MEMBER:
            said = gettext("In the group")
        elif block.relation == Relation.CAUSE and not self._oldest_first:
            said = gettext("Caused by")
        return f'<span class="dim">{said}</span> ' if said else ""

    def _frames(self, block: Block) -> str:
        if not block.frames:
            return ""
        written = [
            self._fold(one) if isinstance(one, Fold) else self._frame(one)
            for one in block.frames
        ]
        if block.has_bare:
            written.append(
                _hint(
                    gettext(
                        "The source and variables of further frames are in the event's "
                        "JSON only: this trace is very large."
                    )
                )
            )
        if block.hint:
            said = gettext("This trace does not count for the grouping: %(reason)s.")
            written.append(_hint(said % {"reason": shown(block.hint)}))
        return f'<div class="frames">\n{"".join(written)}</div>'

    def _fold(self, fold: Fold) -> str:
        if fold.left_out:
            n = fold.left_out
            left = ngettext("%(n)s frame left out", "%(n)s frames left out", n)
            return _hint(left % {"n": n})
        n = len(fold.frames)
        said = ngettext("%(n)s library frame", "%(n)s library frames", n) % {"n": n}
        frames = "".join([self._frame(frame) for frame in fold.frames])
        return (
            f'<details class="fold"{_open(fold.is_open)}><summary>{self._down}'
            f'<span>{said}</span><bdi class="mono ell">{shown(fold.names)}</bdi>'
            f"</summary>{frames}</details>"
        )

    def _frame(self, frame: FrameView) -> str:
        style = ("" if frame.is_in_app else " lib") + (" counts" * frame.counts)
        name = shown(frame.function)
        head = self._head(frame, name)
        if not frame.has_more:
            return (
                f'<div class="frame bare{style}"><div class="bare-h">{head}</div></div>'
            )
        return (
            f'<details class="frame{style}"{_open(frame.is_open)}>'
            f"<summary>{self._down}{head}</summary>{self._inside(frame, name)}"
            "</details>\n"
        )

    def _head(self, frame: FrameView, name: str) -> str:
        """What stands in a frame's line; `name` is markup."""
        path = f' title="{shown(frame.path)}"' if frame.path else ""
        standing = self._counts if frame.counts else ""
        if frame.reason:
            standing = f'<small class="not">{shown(frame.reason)}</small>'
        return (
            f'<bdi class="fn">{name}</bdi>'
            f'<bdi class="loc"{path}>{shown(frame.place)}</bdi>'
            f"{standing}{self._in_app if frame.is_in_app else ''}"
        )

    def _inside(self, frame: FrameView, name: str) -> str:
        """A frame's source and variables; `name` is markup."""
        source = variables = ""
        if frame.lines:
            source = (
                '\n<div class="src" tabindex="0" role="region" '
                f'aria-label="{self._source}: {name}">'
                f"<ol>{source_lines(frame.lines)}</ol></div>"
            )
        if frame.variables:
            variables = (
                f'\n<dl class="vars" aria-label="{self._variables}: {name}">'
                f"{value_rows(frame.variables)}</dl>"
            )
        return source + variables


def _open(is_open: bool) -> str:
    return " open" if is_open else ""


def _hint(markup: str) -> str:
    return f'<p class="hint-line">{markup}</p>'


def _headline(block: Block) -> str:
    if not block.type and not block.value:
        return "<bdi></bdi>" + gettext("Stack trace")
    kind = f'<bdi class="mono">{shown(block.type)}</bdi>' if block.type else ""
    between = ": " if block.type and block.value else ""
    return f"{kind}{between}<bdi>{shown(block.value)}</bdi>"


def _mechanism(mechanism: Mechanism | None) -> str:
    """How the exception was caught, as chips."""
    if not mechanism:
        return ""
    chips = _chip(gettext("mechanism"), f"<b>{shown(mechanism.get('type', ''))}</b>")
    handled = mechanism.get("handled")
    if handled is not None:
        style, said = (
            ("", gettext("yes")) if handled else (' class="err"', gettext("no"))
        )
        chips += _chip(gettext("handled"), f"<b{style}>{said}</b>")
    return f'<span class="chips">{chips}</span>'


def _chip(name: str, markup: str) -> str:
    return f'<span class="chip"><span>{name}</span>{markup}</span>'
