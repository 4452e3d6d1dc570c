"""Statements that are planned once a connection."""

from __future__ import annotations

import pytest
from django.db import connection

from projects.postgres import run, run_planned

pytestmark = pytest.mark.django_db


def known_to_the_server(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s",
            [f"{statement}%"],
        )
        (count,) = cursor.fetchone()
    return int(count)


def test_a_planned_statement_is_kept_by_the_server() -> None:
    for number in (1, 2):
        assert run_planned("SELECT 1 + %(n)s::int4", {"n": number}) == [(1 + number,)]
    assert known_to_the_server("SELECT 1 + ") == 1


def test_other_statements_are_not() -> None:
    assert run("SELECT 2 + %s::int4", 1) == [(3,)]
    assert known_to_the_server("SELECT 2 + ") == 0
