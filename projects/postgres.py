"""Statements on PostgreSQL past Django's own cursor, for those that run often."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import connection

Row = tuple[Any, ...]


def run(statement: str, *parameters: object) -> list[Row]:
    """The statement's rows, on this thread's connection.

    Parameters travel apart from the statement; Django's own cursor would paste them
    in. Rows come back binary: times and arrays are then read without Python code for
    each.
    """
    with raw_cursor() as cursor:
        cursor.execute(statement, parameters, prepare=False, binary=True)
        return cursor.fetchall() if cursor.description else []


def run_planned(
    statement: str, parameters: tuple[object, ...] | Mapping[str, object]
) -> list[Row]:
    """The same, of a statement that the server plans only once a connection.

    For statements that the same plan suits whatever is asked, and whose planning
    costs more than their work: those that join much, or read many days. Cast each
    parameter: a number's size is else another statement.
    """
    with raw_cursor() as cursor:
        # Django forbids it for the sake of poolers that share connections between
        # transactions, which the digest's lock excludes anyway.
        cursor.connection.prepare_threshold = sys.maxsize
        cursor.execute(statement, parameters, prepare=True, binary=True)
        return cursor.fetchall() if cursor.description else []


def raw_cursor() -> psycopg.Cursor[Row]:
    """A psycopg cursor inside Django's current transaction."""
    connection.ensure_connection()
    return psycopg.Cursor(connection.connection)
