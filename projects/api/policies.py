"""Filters, scrubbing and limits under the names that Sentry's API has for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypedDict

from django import forms
from django.db import transaction
from rest_framework import serializers

from projects import policies, services
from projects.models import Organization, Project
from projects.policy_forms import FiltersForm, LinesField
from projects.rules import FilterRules, ScrubbingRules

DAY_S = 86_400
MAX_COUNT = 2**31 - 1

# Of ours; the rest of a project's options are settings of Sentry's that we have not.
_FILTER_OPTIONS = {
    "filters:blacklisted_ips": "addresses",
    "filters:releases": "releases",
    "filters:error_messages": "messages",
    "filters:environments": "environments",
}
_NO_SPIKE_PROTECTION = "quotas:spike-protection-disabled"
_SCRUBBING = {
    "dataScrubber": "is_on",
    "dataScrubberDefaults": "uses_defaults",
    "scrubIPAddresses": "drops_addresses",
    "sensitiveFields": "sensitive_fields",
    "safeFields": "safe_fields",
}

OptionsShape = TypedDict(
    "OptionsShape",
    {
        "filters:blacklisted_ips": str,
        "filters:releases": str,
        "filters:error_messages": str,
        "filters:environments": str,
        "quotas:spike-protection-disabled": bool,
    },
)


class RateLimitShape(TypedDict):
    count: int
    # Seconds.
    window: int


class ScrubbingShape(TypedDict):
    dataScrubber: bool
    dataScrubberDefaults: bool
    scrubIPAddresses: bool
    sensitiveFields: list[str]
    safeFields: list[str]


class PolicyShape(ScrubbingShape):
    rateLimit: RateLimitShape | None
    options: OptionsShape


class RateLimitInput(serializers.Serializer[Any]):
    count = serializers.IntegerField(min_value=0, max_value=MAX_COUNT)
    window = serializers.IntegerField(
        min_value=1, max_value=DAY_S, help_text="Seconds."
    )


class ScrubbingInput(serializers.Serializer[Any]):
    dataScrubber = serializers.BooleanField(required=False)
    dataScrubberDefaults = serializers.BooleanField(required=False)
    scrubIPAddresses = serializers.BooleanField(required=False)
    sensitiveFields = serializers.ListField(
        child=serializers.CharField(), required=False
    )
    safeFields = serializers.ListField(child=serializers.CharField(), required=False)

    def validate_sensitiveFields(self, value: list[str]) -> tuple[str, ...]:
        return _lines(LinesField(), value)

    def validate_safeFields(self, value: list[str]) -> tuple[str, ...]:
        return _lines(LinesField(), value)


class PolicyInput(ScrubbingInput):
    rateLimit = RateLimitInput(required=False, allow_null=True)
    options = serializers.DictField(
        required=False,
        help_text="Texts of one pattern a line: "
        + ", ".join(f"`{name}`" for name in _FILTER_OPTIONS)
        + f"; and `{_NO_SPIKE_PROTECTION}`, a boolean.",
    )

    def validate_options(self, value: dict[str, Any]) -> dict[str, Any]:
        """Other options are passed over: they are of settings that we have not."""
        known = {
            name: _lines(FiltersForm.base_fields[field], value[name])
            for name, field in _FILTER_OPTIONS.items()
            if name in value
        }
        if _NO_SPIKE_PROTECTION in value:
            is_off = value[_NO_SPIKE_PROTECTION]
            return {**known, _NO_SPIKE_PROTECTION: is_off in (True, "true", 1, "1")}
        return known


def rate_limit_json(limited: Any) -> RateLimitShape | None:
    """The limit of a key, a project or an organization; None where there is none."""
    if not limited.rate_limit_count:
        return None
    return {"count": limited.rate_limit_count, "window": limited.rate_limit_window_s}


def policy_json(project: Project) -> PolicyShape:
    filters = policies.filters_of(project)
    return {
        **scrubbing_json(policies.scrubbing_of(project)),
        "rateLimit": rate_limit_json(project),
        "options": {
            "filters:blacklisted_ips": "\n".join(filters.addresses),
            "filters:releases": "\n".join(filters.releases),
            "filters:error_messages": "\n".join(filters.messages),
            "filters:environments": "\n".join(filters.environments),
            "quotas:spike-protection-disabled": not project.is_spike_protected,
        },
    }


def scrubbing_json(rules: ScrubbingRules) -> ScrubbingShape:
    return {
        "dataScrubber": rules.is_on,
        "dataScrubberDefaults": rules.uses_defaults,
        "scrubIPAddresses": rules.drops_addresses,
        "sensitiveFields": list(rules.sensitive_fields),
        "safeFields": list(rules.safe_fields),
    }


def change_policy(project: Project, wanted: Mapping[str, Any]) -> None:
    """Does to the project what a valid PolicyInput says."""
    options = wanted.get("options", {})
    scrubbing = changed_scrubbing(policies.scrubbing_of(project), wanted)
    with transaction.atomic():
        if "rateLimit" in wanted:
            services.limit_project(project, **limit_of(wanted["rateLimit"]))
        if scrubbing is not None:
            policies.change_scrubbing(project, scrubbing)
        if not options.keys().isdisjoint(_FILTER_OPTIONS):
            filters = _changed_filters(policies.filters_of(project), options)
            policies.change_filters(project, filters)
        if _NO_SPIKE_PROTECTION in options:
            services.protect_from_spikes(
                project,
                is_on=not options[_NO_SPIKE_PROTECTION],
                factor=project.spike_factor,
            )


def change_demands(organization: Organization, wanted: Mapping[str, Any]) -> None:
    """Does to the organization what a valid ScrubbingInput says."""
    rules = policies.scrubbing_of_all(organization)
    scrubbing = changed_scrubbing(rules, wanted)
    if scrubbing is not None:
        policies.change_scrubbing_of_all(organization, scrubbing)


def changed_scrubbing(
    rules: ScrubbingRules, wanted: Mapping[str, Any]
) -> ScrubbingRules | None:
    """The rules with what is wanted; None where nothing of them is."""
    changes = {
        field: wanted[name] for name, field in _SCRUBBING.items() if name in wanted
    }
    return replace(rules, **changes) if changes else None


def limit_of(wanted: Mapping[str, int] | None) -> dict[str, int]:
    """What a RateLimitInput sets; null takes the limit away."""
    if wanted is None:
        return {"count": 0, "window_s": 60}
    return {"count": wanted["count"], "window_s": wanted["window"]}


def _changed_filters(rules: FilterRules, options: Mapping[str, Any]) -> FilterRules:
    changes = {
        field: options[name]
        for name, field in _FILTER_OPTIONS.items()
        if name in options
    }
    return replace(rules, **changes)


def _lines(field: forms.Field, value: Any) -> tuple[str, ...]:
    """Lines as the page's field checks them. Raises serializers.ValidationError."""
    text = "\n".join(map(str, value)) if isinstance(value, list) else str(value or "")
    try:
        lines: tuple[str, ...] = field.clean(text)
    except forms.ValidationError as error:
        raise serializers.ValidationError(error.messages) from None
    return lines
