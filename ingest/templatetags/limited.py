"""Tells on a project's pages that its events are being refused, since when and why."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import NamedTuple

import redis
from django import template
from django.utils.translation import gettext, gettext_lazy

from ingest.limits import limited_since
from projects.limits import SPIKE_WINDOW_S, LimitReason, spike_limit
from projects.models import Project

register = template.Library()
_log = logging.getLogger(__name__)

_BECAUSE = {
    LimitReason.KEY: gettext_lazy("one of its keys has reached its rate limit"),
    LimitReason.PROJECT: gettext_lazy("it has reached its rate limit"),
    LimitReason.ORGANIZATION: gettext_lazy(
        "its organization has reached its rate limit"
    ),
}


class Limited(NamedTuple):
    """A limit that refuses events now."""

    because: str
    since: datetime


@register.inclusion_tag("ingest/_limited.html")
def limited_note(project: Project) -> dict[str, list[Limited]]:
    """Nothing where no events are refused, or where nobody can tell."""
    try:
        found = limited_since(project.pk)
    except redis.RedisError as error:
        _log.warning("no word on limits: %s", error)
        return {"limited": []}
    return {
        "limited": [
            Limited(_because(reason, project), since) for reason, since in found.items()
        ]
    }


def _because(reason: LimitReason, project: Project) -> str:
    if reason is not LimitReason.SPIKE:
        return str(_BECAUSE[reason])
    most = spike_limit(project.busiest_hour, project.spike_factor)
    text = gettext("it sends far more than is usual: over %(most)s in %(minutes)d min")
    return text % {"most": f"{most:,}", "minutes": SPIKE_WINDOW_S // 60}
