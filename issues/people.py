"""The people around an issue: who has seen it, and who hears of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from issues.subscriptions import Reason
from projects.models import Organization, User
from projects.postgres import run_planned

# Of an issue, the reader first and then those who saw it last.
_PEOPLE_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member of the organization; one of the two at least is there."""

    user: User
    seen_at: datetime | None
    # Why he hears of it; None: he does not.
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class People:
    """Who has to do with an issue."""

    everybody: Sequence[Person]

    @property
    def seen_by(self) -> list[Person]:
        """Those who looked at it last come first."""
        seen = [(one.seen_at, one) for one in self.everybody if one.seen_at]
        seen.sort(key=lambda pair: pair[0], reverse=True)
        return [one for _, one in seen]

    @property
    def subscribers(self) -> list[Person]:
        return [one for one in self.everybody if one.reason]

    def reason_of(self, user: User) -> Reason | None:
        """Why the user hears of the issue; None: he does not."""
        found = (one.reason for one in self.everybody if one.user.pk == user.pk)
        return next(found, None)


# Rows of the issue itself speak before those of what was merged into it.
_PEOPLE = """
WITH seen AS (
    SELECT user_id, max(seen_at) AS at FROM issues_sighting
    WHERE issue_id = ANY(%(family)s::int4[]) GROUP BY user_id
), subscribed AS (
    SELECT DISTINCT ON (user_id) user_id, CASE WHEN is_active THEN reason END AS reason
    FROM issues_subscription WHERE issue_id = ANY(%(family)s::int4[])
    ORDER BY user_id, issue_id = %(issue)s DESC, id
)
SELECT u.id, u.first_name, u.last_name, u.email, seen.at, subscribed.reason
FROM seen FULL JOIN subscribed USING (user_id)
JOIN projects_membership m USING (user_id)
JOIN projects_user u ON u.id = user_id
WHERE m.organization_id = %(organization)s
  AND (seen.at IS NOT NULL OR subscribed.reason IS NOT NULL)
ORDER BY u.id = %(reader)s DESC, seen.at DESC NULLS LAST, u.id
LIMIT %(most)s
"""


def people_of(
    family: Sequence[int], organization: Organization, reader: User
) -> People:
    """Of an issue and what was merged with it, `family`, the issue itself first."""
    parameters: dict[str, Any] = {
        "family": list(family),
        "issue": family[0],
        "organization": organization.pk,
        "reader": reader.pk,
        "most": _PEOPLE_MAX,
    }
    rows = run_planned(_PEOPLE, parameters)
    return People(
        [
            Person(
                user=User(pk=pk, first_name=first, last_name=last, email=email),
                seen_at=seen_at,
                reason=Reason(reason) if reason else None,
            )
            for pk, first, last, email, seen_at, reason in rows
        ]
    )
