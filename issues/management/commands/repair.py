"""`errtrack repair`: compares every count with the stored events and mends it."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from issues.repair import Difference, Report, repair


class Command(BaseCommand):
    help = (
        "Recomputes every derived figure from the stored events, reports each "
        "difference and mends it. Safe while the service runs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="only report; exit code 1 when there is a difference",
        )
        parser.add_argument(
            "--json", action="store_true", help="print one JSON object instead of text"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        report = repair(dry_run=options["dry_run"])
        if options["json"]:
            self.stdout.write(json.dumps(asdict(report)))
        else:
            self._tell(report, is_dry=options["dry_run"])
        if options["dry_run"] and report.differences:
            sys.exit(1)

    def _tell(self, report: Report, *, is_dry: bool) -> None:
        for difference in report.details:
            self.stdout.write(_line(difference))
        hidden = report.differences - len(report.details)
        if hidden:
            self.stdout.write(f"… and {hidden} more")
        if not report.differences:
            self.stdout.write("Every count agrees with the stored events.")
        elif is_dry:
            self.stdout.write(f"{report.differences} differences, none mended.")
        else:
            self.stdout.write(
                f"{report.differences} differences, {report.mended} mended."
            )
        for name in report.missing_files:
            self.stdout.write(f"The file {name} of an attachment is gone.")


def _line(difference: Difference) -> str:
    issue = f"issue {difference.issue_id} of " if difference.issue_id else ""
    part = f" {difference.part}" if difference.part else ""
    return (
        f"{issue}project {difference.project_id}: "
        f"{difference.figure}{part} was {difference.was or 'missing'}, "
        f"should be {difference.should_be or 'missing'}"
    )
