"""Empties the tables that Django's flush leaves alone: it does not manage them."""

from __future__ import annotations

from django.apps import apps
from django.db import connection


def empty_unmanaged_tables() -> None:
    tables = [m._meta.db_table for m in apps.get_models() if not m._meta.managed]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(tables)}")
