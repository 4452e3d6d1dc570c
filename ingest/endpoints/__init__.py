"""The endpoints besides envelope and store: each makes envelopes of what it is sent.

They are called rarely, and so by a module for each topic that may take its time. What
comes after them knows envelopes only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ingest import answers
from ingest.answers import Answer
from ingest.endpoints import crashes, cron, otlp, reports
from ingest.endpoints.posted import Converted, Posted
from ingest.routes import Endpoint


class Special(NamedTuple):
    """How an endpoint is answered.

    `media_types` are those that it takes, any if there are none; a request without a
    Content-Type is taken for one of them. `tells_limits` is False where a client could
    do nothing but try again.
    """

    convert: Callable[[Posted], Converted]
    answer: Callable[[str], Answer]
    media_types: frozenset[str] = frozenset()
    needs_body: bool = True
    tells_limits: bool = True


def _empty(status: int) -> Callable[[str], Answer]:
    answer = answers.empty(status)
    return lambda _event_id: answer


SPECIALS: Mapping[Endpoint, Special] = {
    Endpoint.SECURITY: Special(reports.security, _empty(200), reports.SECURITY_TYPES),
    Endpoint.NEL: Special(reports.nel, _empty(200), reports.NEL_TYPES),
    Endpoint.MINIDUMP: Special(crashes.minidump, answers.crash_id, tells_limits=False),
    Endpoint.UNREAL: Special(crashes.unreal, answers.crash_id, tells_limits=False),
    Endpoint.ATTACHMENTS: Special(crashes.attachments, _empty(201)),
    Endpoint.CRON: Special(
        cron.check_in, _empty(202), needs_body=False, tells_limits=False
    ),
    Endpoint.OTLP_TRACES: Special(otlp.traces, _empty(202), otlp.OTLP_TYPES),
    Endpoint.OTLP_LOGS: Special(otlp.logs, _empty(202), otlp.OTLP_TYPES),
}
