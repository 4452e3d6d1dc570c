"""`errtrack cleanup`: does at once what beat does to what is old, and lost files."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from ingest.pruning import prune
from issues import filestore
from issues.retention import keep_partitions
from monitors import retention as check_ins


class Command(BaseCommand):
    help = (
        "Makes the coming days' partitions, drops the days past "
        "ERRTRACK_RETENTION_DAYS with their files, deletes other things that are old, "
        "and says what it did. Counts of issues stay as they are."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        kept = keep_partitions()
        self.stdout.write(f"Days made ahead: {_days(kept.created)}")
        self.stdout.write(f"Days dropped: {_days(kept.dropped)}")
        if kept.postponed:
            self.stdout.write(
                f"Days in use, to be tried again: {_days(kept.postponed)}"
            )
        self.stdout.write(f"Old hourly counts deleted: {kept.hours}")
        self.stdout.write(f"Unused payload dictionaries deleted: {kept.dictionaries}")
        self.stdout.write(f"Attachments removed: {kept.attachments}")
        self.stdout.write(f"User reports deleted: {kept.reports}")
        self.stdout.write(f"Days of sessions dropped: {_days(kept.releases.states)}")
        self.stdout.write(f"Days of users dropped: {_days(kept.releases.users)}")
        self.stdout.write(f"Old hours of releases deleted: {kept.releases.hours}")
        self.stdout.write(
            f"Users beyond samples deleted: {kept.releases.thinned_users}"
        )
        self.stdout.write(f"Releases of no project deleted: {kept.releases.releases}")
        pruned = prune(timezone.now())
        self.stdout.write(f"Old outcome counts deleted: {pruned.counts}")
        self.stdout.write(f"Entries set aside long ago deleted: {pruned.entries}")
        self.stdout.write(f"Old check-ins deleted: {check_ins.prune()}")
        self.stdout.write(f"Files that nothing names removed: {filestore.sweep()}")


def _days(days: list[date]) -> str:
    return ", ".join(map(str, days)) or "none"
