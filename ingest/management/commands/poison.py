"""`errtrack poison`: what the digest could not take, and what to do about it."""

from __future__ import annotations

import argparse
import base64
import json
from argparse import ArgumentParser
from typing import Any

import redis
from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from ingest import setaside
from ingest.models import PoisonEntry

_LISTED = 100
# Of a body that is shown to a person; --json gives all of it.
_SHOWN_BYTES = 2000


class Command(BaseCommand):
    help = (
        "Lists and shows the entries that were set aside because they could not be "
        "digested, tries them again, or drops them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        as_json: dict[str, Any] = {
            "action": "store_true",
            "help": "print JSON instead of text",
        }
        parser.add_argument("--json", **as_json)
        actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
        listed = actions.add_parser("list", help="the latest entries, newest first")
        listed.add_argument(
            "--limit", type=int, default=_LISTED, help="at most (default: %(default)s)"
        )
        shown = actions.add_parser("show", help="all of one entry")
        shown.add_argument("id", type=int)
        for name, text in (
            ("retry", "append entries to the stream again"),
            ("drop", "delete entries and count them as invalid"),
        ):
            changed = actions.add_parser(name, help=text)
            changed.add_argument("id", type=int, nargs="*")
            changed.add_argument("--all", action="store_true", help="all there are")
        for action in actions.choices.values():
            # Also behind the action; there its absence says nothing.
            action.add_argument("--json", default=argparse.SUPPRESS, **as_json)

    def handle(self, *_args: Any, **options: Any) -> None:
        match options["action"]:
            case "list":
                self._list(options)
            case "show":
                self._show(options)
            case _:
                self._change(options)

    def _list(self, options: dict[str, Any]) -> None:
        entries = PoisonEntry.objects.order_by("-pk").defer("body")
        rows = [_row(entry) for entry in entries[: options["limit"]]]
        total = PoisonEntry.objects.count()
        if options["json"]:
            self._write_json({"entries": rows, "total": total})
            return
        for row in rows:
            self.stdout.write(
                f"{row['id']:>6}  {row['created_at']:%Y-%m-%d %H:%M:%S}"
                f"  project {row['project_id']}  {row['event_id'] or '(no event id)'}"
                f"  {_one_line(row['reason'])}"
            )
        self.stdout.write(f"{total} entries are set aside.")

    def _show(self, options: dict[str, Any]) -> None:
        entry = PoisonEntry.objects.filter(pk=options["id"]).first()
        if entry is None:
            raise CommandError(f"no entry {options['id']} is set aside")
        body = bytes(entry.body)
        row = {**_row(entry), "fields": entry.fields, "body_bytes": len(body)}
        if options["json"]:
            self._write_json({**row, "body": base64.b64encode(body).decode()})
            return
        for name, value in row.items():
            self.stdout.write(f"{name:12} {value}")
        self.stdout.write(f"{'body':12} {body[:_SHOWN_BYTES]!r}")

    def _change(self, options: dict[str, Any]) -> None:
        """Retries or drops; says of each whether it still was there."""
        if bool(options["id"]) == options["all"]:
            raise CommandError("name entries by their id, or all of them by --all")
        change = setaside.retry if options["action"] == "retry" else setaside.drop
        wanted = options["id"] or PoisonEntry.objects.order_by("pk").values_list(
            "pk", flat=True
        )
        done: dict[str, list[int]] = {"done": [], "missing": []}
        try:
            for pk in list(wanted):
                done["done" if change(pk) else "missing"].append(pk)
        except redis.RedisError as error:
            raise CommandError(
                f"the stream takes nothing now ({error}); done: {done['done']}"
            ) from error
        if options["json"]:
            self._write_json(done)
        else:
            verb = "tried again" if options["action"] == "retry" else "dropped"
            self.stdout.write(f"{len(done['done'])} entries {verb}.")
        if done["missing"]:
            raise CommandError(f"not set aside: {done['missing']}")

    def _write_json(self, value: object) -> None:
        self.stdout.write(json.dumps(value, cls=DjangoJSONEncoder))


def _row(entry: PoisonEntry) -> dict[str, Any]:
    return {
        "id": entry.pk,
        "project_id": entry.project_id,
        "key_id": entry.key_id,
        "event_id": entry.event_id,
        "shard": entry.shard,
        "received_at": entry.received_at,
        "created_at": entry.created_at,
        "tries": entry.tries,
        "reason": entry.reason,
    }


def _one_line(text: str) -> str:
    return " ".join(text.split())[:120]
