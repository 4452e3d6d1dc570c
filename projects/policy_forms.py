"""The forms of limits, inbound filters and scrubbing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.globs import BadGlob, check_globs
from projects.models import Project
from projects.networks import read_network
from projects.rules import (
    LEGACY_BROWSERS,
    OLDER_LEGACY_BROWSERS,
    FilterRules,
    ScrubbingRules,
)

LINES_MAX = 200
LINE_CHARS = 512

_BROWSERS: dict[str, str | Promise] = {
    "ie": gettext_lazy("Internet Explorer, every version"),
    "edge": gettext_lazy("Edge 110 and older"),
    "safari": gettext_lazy("Safari 15 and older"),
    "firefox": gettext_lazy("Firefox 110 and older"),
    "chrome": gettext_lazy("Chrome 110 and older"),
    "opera": gettext_lazy("Opera 96 and older"),
    "opera_mini": gettext_lazy("Opera Mini 34 and older"),
    "android": gettext_lazy("Android's own browser 4 and older"),
    "ie_pre_9": gettext_lazy("Internet Explorer 8 and older"),
    "ie9": "Internet Explorer 9",
    "ie10": "Internet Explorer 10",
    "ie11": "Internet Explorer 11",
    "edge_pre_79": gettext_lazy("Edge 78 and older"),
    "safari_pre_6": gettext_lazy("Safari 5 and older"),
    "opera_pre_15": gettext_lazy("Opera 14 and older"),
    "opera_mini_pre_8": gettext_lazy("Opera Mini 7 and older"),
    "android_pre_4": gettext_lazy("Android's own browser 3 and older"),
}


class LinesField(forms.CharField):
    """Texts, one a line; `check` raises ValidationError for what is none of them."""

    def __init__(
        self, *, check: Callable[[str], None] | None = None, **options: Any
    ) -> None:
        super().__init__(
            widget=forms.Textarea({"rows": 4, "class": "field mono"}),
            required=False,
            **options,
        )
        self._check = check

    def prepare_value(self, value: object) -> object:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: object) -> Any:
        text = super().clean(value) or ""
        # Each once, in the order in which they stand.
        lines = list(dict.fromkeys(filter(None, map(str.strip, text.splitlines()))))
        if len(lines) > LINES_MAX:
            raise forms.ValidationError(_("At most %d lines.") % LINES_MAX)
        for line in lines:
            if len(line) > LINE_CHARS or "\0" in line:
                text = _("At most %d characters a line.") % LINE_CHARS
                raise forms.ValidationError(text)
            if self._check is not None:
                self._check(line)
        return tuple(lines)


def _check_glob(line: str) -> None:
    try:
        check_globs([line])
    except BadGlob as error:
        text = _("%s is no pattern: brackets and braces must be closed.") % line
        raise forms.ValidationError(text) from error


def _check_network(line: str) -> None:
    if read_network(line) is None:
        text = _("%s is neither an address nor a network.") % line
        raise forms.ValidationError(text)


class FiltersForm(forms.Form):
    """Which events to drop."""

    messages = LinesField(
        label=gettext_lazy("Error messages"),
        check=_check_glob,
        help_text=gettext_lazy(
            "Compared with “type: value” of an error, or with a message: "
            "*ConnectionError*"
        ),
    )
    releases = LinesField(
        label=gettext_lazy("Releases"),
        check=_check_glob,
        help_text=gettext_lazy("Compared with the whole release: shop@1.*"),
    )
    environments = LinesField(label=gettext_lazy("Environments"), check=_check_glob)
    addresses = LinesField(
        label=gettext_lazy("IP addresses"),
        check=_check_network,
        help_text=gettext_lazy(
            "Addresses or networks, such as 192.0.2.0/24: of the user, of the request "
            "or of the sender."
        ),
    )
    browser_extensions = forms.BooleanField(
        label=gettext_lazy("Errors of browser extensions"),
        required=False,
        help_text=gettext_lazy(
            "Raised in an extension's script, or with a text known to come from one."
        ),
    )
    web_crawlers = forms.BooleanField(
        label=gettext_lazy("Visits of web crawlers"),
        required=False,
        help_text=gettext_lazy("Known by the User-Agent of the event's request."),
    )
    localhost = forms.BooleanField(
        label=gettext_lazy("Events from localhost"),
        required=False,
        help_text=gettext_lazy("The page or the user is on the developer's machine."),
    )
    health_checks = forms.BooleanField(
        label=gettext_lazy("Health checks"),
        required=False,
        help_text=gettext_lazy(
            "The transaction or the address asked for is one such as /healthz, /ping "
            "or /ready."
        ),
    )
    legacy_browsers = forms.MultipleChoiceField(
        label=gettext_lazy("Old browsers"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, data: QueryDict | None = None, *, rules: FilterRules) -> None:
        super().__init__(data, initial=asdict(rules))
        browsers = self.fields["legacy_browsers"]
        assert isinstance(browsers, forms.MultipleChoiceField)
        # What a script has set can be seen, and taken away.
        older = [one for one in OLDER_LEGACY_BROWSERS if one in rules.legacy_browsers]
        browsers.choices = [(name, _BROWSERS[name]) for name in LEGACY_BROWSERS] + [
            (name, _BROWSERS[name]) for name in older
        ]

    def rules(self) -> FilterRules:
        """What was chosen, once the form is valid."""
        chosen = dict(self.cleaned_data)
        chosen["legacy_browsers"] = tuple(chosen["legacy_browsers"])
        return FilterRules(**chosen)


class ScrubbingForm(forms.Form):
    """What to take out of a project's events."""

    is_on = forms.BooleanField(
        label=gettext_lazy("Scrub data"),
        required=False,
        help_text=gettext_lazy("Off, events are stored as they were sent."),
    )
    uses_defaults = forms.BooleanField(
        label=gettext_lazy("Scrub what usually is a secret"),
        required=False,
        help_text=gettext_lazy(
            "Passwords, tokens, keys, cookies, authorization headers and card numbers, "
            "by the names of fields and by the look of texts."
        ),
    )
    drops_addresses = forms.BooleanField(
        label=gettext_lazy("Do not store IP addresses"),
        required=False,
        help_text=gettext_lazy(
            "Users without another name then count as one who is not known."
        ),
    )
    sensitive_fields = LinesField(
        label=gettext_lazy("Further secret fields"),
        help_text=gettext_lazy(
            "Fields whose names hold one of these words are filtered, whatever their "
            "spelling: with birth_date also birthDate and user-birth-date."
        ),
    )
    safe_fields = LinesField(
        label=gettext_lazy("Safe fields"),
        help_text=gettext_lazy(
            "Fields of exactly these names are kept, such as session or card."
        ),
    )

    def __init__(self, data: QueryDict | None = None, *, rules: ScrubbingRules) -> None:
        super().__init__(data, initial=asdict(rules))

    def rules(self) -> ScrubbingRules:
        """What was chosen, once the form is valid."""
        return ScrubbingRules(**self.cleaned_data)


class DemandsForm(ScrubbingForm):
    """What to take out of the events of all of an organization's projects."""

    is_on = forms.BooleanField(
        label=gettext_lazy("Scrub data in every project"), required=False
    )
    uses_defaults = forms.BooleanField(
        label=gettext_lazy("Scrub what usually is a secret in every project"),
        required=False,
    )
    drops_addresses = forms.BooleanField(
        label=gettext_lazy("Store no IP addresses in any project"), required=False
    )


class SpikeForm(forms.Form):
    """Whether far more than the usual is limited, and how much more that is."""

    is_on = forms.BooleanField(label=gettext_lazy("Spike protection"), required=False)
    factor = forms.IntegerField(
        label=gettext_lazy("Times the usual"),
        min_value=2,
        max_value=1000,
        help_text=gettext_lazy(
            "How many times the events of a usual day's busiest hour may come."
        ),
    )

    def __init__(self, data: QueryDict | None = None, *, project: Project) -> None:
        now = {"is_on": project.is_spike_protected, "factor": project.spike_factor}
        super().__init__(data, initial=now)
