"""The form of a project's rules for grouping, which tells mistakes by their place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from issues.grouping.rules.mistakes import Mistake
from issues.grouping.rules.reading import read_rules
from projects.rules import GroupingTexts

MISTAKES_SHOWN = 20
_AROUND_CHARS = 40


@dataclass(frozen=True, slots=True)
class Told:
    """A mistake in words, with its line cut where the mistake begins."""

    line: int
    column: int
    sentence: str
    before: str
    after: str


class RulesField(forms.CharField):
    """Rules, one a line, as they were written."""

    def __init__(self, *, label: Any) -> None:
        attributes = {"rows": 12, "class": "field mono", "spellcheck": "false"}
        widget = forms.Textarea({**attributes, "wrap": "off"})
        super().__init__(widget=widget, label=label, required=False, strip=False)

    def clean(self, value: object) -> Any:
        lines = (super().clean(value) or "").splitlines()
        return "\n".join(line.rstrip() for line in lines).strip("\n")


class RulesForm(forms.Form):
    """Both texts; ``told`` has the mistakes of each once they were checked."""

    fingerprinting = RulesField(label=gettext_lazy("Fingerprint rules"))
    enhancements = RulesField(label=gettext_lazy("Stack trace rules"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.told: dict[str, list[Told]] = {}

    def clean(self) -> dict[str, Any]:
        texts = {name: self.cleaned_data.get(name, "") for name in self.fields}
        read = read_rules(texts["fingerprinting"], texts["enhancements"])
        found = (read.fingerprinting_mistakes, read.enhancements_mistakes)
        for (name, text), mistakes in zip(texts.items(), found, strict=True):
            if mistakes:
                self.told[name] = _told(text, mistakes[:MISTAKES_SHOWN])
                self.add_error(name, _("Some lines are no rules: nothing was saved."))
        return self.cleaned_data

    def texts(self) -> GroupingTexts:
        return GroupingTexts(**self.cleaned_data)


def _told(text: str, mistakes: Sequence[Mistake]) -> list[Told]:
    lines = text.splitlines()
    return [_in_words(lines[each.line - 1], each) for each in mistakes]


def _in_words(line: str, mistake: Mistake) -> Told:
    at = mistake.column - 1
    start = max(0, at - _AROUND_CHARS)
    return Told(
        mistake.line,
        mistake.column,
        _(mistake.sentence) % {"found": mistake.found},
        ("…" if start else "") + line[start:at],
        line[at : at + _AROUND_CHARS],
    )
