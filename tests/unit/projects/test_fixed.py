"""Parts of pages that are drawn once and kept."""

from __future__ import annotations

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.utils.safestring import SafeString
from django.utils.translation import override


def drawn(template: Template, **values: object) -> str:
    return str(template.render(Context(values)))


def test_a_part_is_drawn_for_each_of_its_values() -> None:
    template = Template("{% load fixed %}{% fixed a=one.x %}<{{ a }}>{% endfixed %}")
    assert [drawn(template, one={"x": x}) for x in ("p", "q", "p")] == [
        "<p>",
        "<q>",
        "<p>",
    ]


def test_a_part_is_drawn_for_each_language() -> None:
    template = Template(
        '{% load fixed i18n %}{% fixed %}{% translate "Issues" %}{% endfixed %}'
    )
    found = []
    for language in ("en", "zh-hans", "en"):
        with override(language):
            found.append(drawn(template))
    assert found == ["Issues", "问题", "Issues"]


def test_a_part_knows_nothing_of_the_page_but_its_values() -> None:
    template = Template(
        "{% load fixed %}{% fixed a=a %}{{ a }}{{ secret }}{% endfixed %}"
    )
    assert drawn(template, a="1", secret="token") == "1"


def test_text_is_escaped_though_markup_of_the_same_letters_came_first() -> None:
    template = Template("{% load fixed %}{% fixed a=a %}{{ a }}{% endfixed %}")
    assert drawn(template, a=SafeString("<b>")) == "<b>"
    assert drawn(template, a="<b>") == "&lt;b&gt;"


def test_a_word_that_names_no_value_is_refused() -> None:
    with pytest.raises(TemplateSyntaxError):
        Template("{% load fixed %}{% fixed a %}{% endfixed %}")
