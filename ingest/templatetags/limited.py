"""Tells on a project's pages that events are refused, or that counts lag behind."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import NamedTuple

import redis
from django import template
from django.template.context import Context
from django.utils.translation import gettext, gettext_lazy

from ingest.limits import limited_since
from ingest.stream import ShardStream, shard_of
from projects.limits import SPIKE_WINDOW_S, LimitReason, spike_limit
from projects.models import Project
from projects.templatetags.ui import span_text

register = template.Library()
_log = logging.getLogger(__name__)

# Counts that are older than that are told to be.
BEHIND_S = 60.0

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


@register.inclusion_tag("ingest/_limited.html", takes_context=True)
def limited_note(context: Context, project: Project) -> dict[str, object]:
    """Nothing where all events are taken and soon counted, or nobody can tell."""
    try:
        found = limited_since(project.pk)
        behind_s = ShardStream(shard_of(project.pk)).backlog().oldest_age_s
    except redis.RedisError as error:
        _log.warning("no word on limits: %s", error)
        return {"limited": []}
    return {
        "limited": [
            Limited(_because(reason, project), since) for reason, since in found.items()
        ],
        "behind": span_text(behind_s) if behind_s > BEHIND_S else "",
        "may_operate": context.get("may_operate"),
    }


def _because(reason: LimitReason, project: Project) -> str:
    if reason is not LimitReason.SPIKE:
        return str(_BECAUSE[reason])
    most = spike_limit(project.busiest_hour, project.spike_factor)
    text = gettext("it sends far more than is usual: over %(most)s in %(minutes)d min")
    return text % {"most": f"{most:,}", "minutes": SPIKE_WINDOW_S // 60}
