"""Searches that people keep: who sees, renames, shares and deletes which."""

from __future__ import annotations

import pytest
from django.test import Client

from issues.models import SavedSearch
from projects.models import Organization, Role
from tests.people import client_of

PAGE = "/o/acme/searches/"
LIST = "/o/acme/p/shop/"


def save(client: Client, name: str, query: str, **fields: str) -> None:
    answer = client.post(PAGE, {"do": "save", "name": name, "q": query, **fields})
    assert answer.status_code in (200, 302)


def text(client: Client, path: str = PAGE, **parameters: str) -> str:
    return client.get(path, parameters).content.decode()


def do(client: Client, what: str, search: SavedSearch, **fields: str) -> int:
    return client.post(PAGE, {"do": what, "search": search.pk, **fields}).status_code


def test_a_search_is_kept_with_its_order(member: Client) -> None:
    save(member, "Slow ones", "is:unresolved slow", sort="users")
    saved = SavedSearch.objects.get()
    assert (saved.name, saved.query, saved.sort) == (
        "Slow ones",
        "is:unresolved slow",
        "users",
    )
    shown = text(member, LIST, q="is:unresolved slow", sort="users")
    assert "<h1>Slow ones</h1>" in shown
    assert "?q=is%3Aunresolved%20slow&amp;sort=users" in shown


def test_own_searches_are_ones_own_until_shared(member: Client, viewer: Client) -> None:
    save(member, "Mine", "timeout")
    assert "Mine" not in text(viewer)
    do(member, "share", SavedSearch.objects.get())
    assert "Mine" in text(viewer)
    assert "Mine" in text(viewer, LIST)
    do(member, "unshare", SavedSearch.objects.get())
    assert "Mine" not in text(viewer)


def test_viewers_keep_searches_and_share_none(viewer: Client) -> None:
    save(viewer, "Mine", "timeout", share="on")
    assert not SavedSearch.objects.get().is_shared
    do(viewer, "share", SavedSearch.objects.get())
    assert not SavedSearch.objects.get().is_shared


def test_a_shared_search_is_changed_by_its_owner_and_admins(
    organization: Organization, member: Client
) -> None:
    save(member, "Ours", "timeout", share="on")
    search = SavedSearch.objects.get()
    other = client_of(organization, Role.MEMBER)
    assert do(other, "delete", search) == 403
    assert do(client_of(organization, Role.ADMIN), "rename", search, name="All") == 302
    search.refresh_from_db()
    assert search.name == "All"
    assert do(member, "delete", search) == 302
    assert not SavedSearch.objects.exists()


def test_what_one_does_not_see_is_not_there(
    organization: Organization, member: Client
) -> None:
    save(member, "Mine", "timeout")
    search = SavedSearch.objects.get()
    assert do(client_of(organization, Role.OWNER), "delete", search) == 404


def test_a_search_that_cannot_be_read_is_not_kept(member: Client) -> None:
    answer = member.post(PAGE, {"name": "Bad", "q": "is:wrong"})
    assert "is:wrong is not known" in answer.content.decode()
    assert not SavedSearch.objects.exists()


def test_a_name_is_taken_once(member: Client) -> None:
    save(member, "Mine", "timeout")
    answer = member.post(PAGE, {"name": "Mine", "q": "other"})
    assert "of that name already" in answer.content.decode()
    assert SavedSearch.objects.count() == 1


def test_everybody_has_the_built_in_ones(viewer: Client) -> None:
    shown = text(viewer, LIST)
    for name in ("Needs triage", "Assigned to me", "My bookmarks", "New today"):
        assert name in shown


def test_an_error_is_shown_under_its_word(member: Client) -> None:
    shown = text(member, LIST, q="a is:wrong b")
    assert "<mark><bdi>is:wrong</bdi></mark>" in shown


def test_hostile_names_are_text(member: Client) -> None:
    save(member, "<script>x</script>", "<b>")
    for path in (PAGE, LIST):
        assert "<script>x" not in text(member, path)


@pytest.mark.parametrize("period", ["24h", "90d"])
def test_a_range_of_time_narrows_the_list(member: Client, period: str) -> None:
    chosen = f'<button name="period" value="{period}" aria-current="true">'
    assert chosen in text(member, LIST, period=period)


@pytest.mark.parametrize("sort", ["priority", "trend"])
def test_every_order_has_its_place_in_the_menu(member: Client, sort: str) -> None:
    assert f'<option value="{sort}" selected>' in text(member, LIST, sort=sort)
