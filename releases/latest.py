"""Which release of a project is the latest."""

from __future__ import annotations

from django.db.models.functions import Coalesce

from projects.models import Project
from releases.models import Release, ReleaseStatus


def latest_release(project: Project) -> Release | None:
    """The project's latest release that is not archived.

    It is of the package whose release was made last; where that has versions that
    are ordered it is the highest of them, else the one made last.
    """
    releases = Release.objects.filter(
        memberships__project=project, status=ReleaseStatus.OPEN
    )
    newest = releases.order_by(Coalesce("released_at", "created_at").desc(), "-pk")
    last = newest.first()
    if last is None or not last.sort_key:
        return last
    of_package = releases.filter(package=last.package).exclude(sort_key="")
    return of_package.order_by("-sort_key", "-pk").first()
