"""A user's report as pages show it: text only, with the ways to what it is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from issues.models import Attachment, UserReport
from issues.presentation.files import FileView, images_of, views_of

# What may stand in an address that is clicked on: no headers, no further addresses.
_ADDRESS = re.compile(r"[\w.+'-]{1,64}@[\w.-]{1,190}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """One report with its event and issue, as far as they are known."""

    report: UserReport
    # Of the sender's browser and system.
    about: list[str]
    # "mailto:…", empty for an address that may not be followed.
    mail_href: str
    # Of the page, empty for one that may not be followed.
    href: str
    shots: list[FileView]

    @property
    def who(self) -> str:
        return self.report.name or self.report.email

    @property
    def event_id(self) -> str:
        """The event's id; empty where the report is about none."""
        return self.report.event_id.hex if self.report.event_id else ""


def view_of(
    report: UserReport,
    *,
    about: Sequence[str] | None = None,
    files: Sequence[Attachment] = (),
) -> ReportView:
    is_address = _ADDRESS.fullmatch(report.email)
    is_web = report.url.startswith(("http://", "https://"))
    return ReportView(
        report=report,
        about=list(about or ()),
        mail_href=f"mailto:{report.email}" if is_address else "",
        href=report.url if is_web else "",
        shots=images_of(views_of(files)),
    )
