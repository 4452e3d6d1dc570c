"""Statements on PostgreSQL past Django's own cursor, for those that run in batches."""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import connection

Row = tuple[Any, ...]


def run(statement: str, *parameters: object) -> list[Row]:
    """The statement's rows, on this thread's connection.

    Parameters travel apart from the statement, which the server then parses and
    plans only once a connection; Django's own cursor would paste them in. Rows come
    back binary: times and arrays are then read without Python code for each.
    """
    with raw_cursor() as cursor:
        cursor.execute(statement, parameters, prepare=True, binary=True)
        return cursor.fetchall() if cursor.description else []


def raw_cursor() -> psycopg.Cursor[Row]:
    """A psycopg cursor inside Django's current transaction."""
    connection.ensure_connection()
    return psycopg.Cursor(connection.connection)
