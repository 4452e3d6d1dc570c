"""Parts of pages that hardly ever change, which are drawn once and then kept."""

from __future__ import annotations

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token, token_kwargs
from django.template.context import Context
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()

# As many languages and values as one part of a page is kept for.
_MOST = 500


@register.tag
def fixed(parser: Parser, token: Token) -> FixedNode:
    """`{% fixed slug=organization.slug %}…{% endfixed %}` is drawn once.

    That is, once for each language and each set of the values, which are texts,
    numbers or truths. What stands between knows these values and nothing else of the
    page, so it cannot show what belongs to another reader.
    """
    words = token.split_contents()[1:]
    names = token_kwargs(words, parser)
    if words:
        raise template.TemplateSyntaxError("fixed takes name=value only")
    inside = parser.parse(("endfixed",))
    parser.delete_first_token()
    return FixedNode(inside, names)


class FixedNode(template.Node):
    """Remembers what its inside looked like."""

    def __init__(self, nodelist: NodeList, names: dict[str, FilterExpression]) -> None:
        self.nodelist = nodelist
        self._names = names
        self._drawn: dict[tuple[object, ...], SafeString] = {}

    def render(self, context: Context) -> SafeString:
        values = {name: value.resolve(context) for name, value in self._names.items()}
        # Types count: markup and a text that reads the same are shown differently.
        shown = ((type(value), value) for value in values.values())
        key = (get_language(), *shown)
        found = self._drawn.get(key)
        if found is None:
            if len(self._drawn) >= _MOST:
                self._drawn.clear()
            found = self.nodelist.render(context.new(values))
            self._drawn[key] = found
        return found
