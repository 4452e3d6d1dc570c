"""What a list shows where its address says nothing: picks, and first searches."""

from __future__ import annotations

from urllib.parse import unquote_plus

import pytest
from django.test import Client

from issues.models import ListPicks, SavedSearch
from projects.models import Project
from tests.factories import make_issue, make_project

LIST = "/o/acme/p/shop/"
ALL = "/o/acme/issues/"
SEARCHES = "/o/acme/searches/"
UNRESOLVED = "is:unresolved"


def leads_to(client: Client, path: str = LIST, **asked: str) -> str:
    """Where the address leads, or itself."""
    answer = client.get(path, asked)
    if answer.status_code == 200:
        return unquote_plus(answer.wsgi_request.get_full_path())
    assert answer.status_code == 302
    return unquote_plus(str(answer["Location"]))


def pick(client: Client, path: str = LIST, **asked: str) -> str:
    """Sends the list's form."""
    form = {"q": UNRESOLVED, "sort": "last_seen", "graph": "24h", "period": ""}
    return leads_to(client, path, **{**form, **asked, "keep": "1"})


def choose(client: Client, first: str, do: str = "default") -> int:
    return client.post(SEARCHES, {"do": do, "first": first}).status_code


class TestPicks:
    def test_a_bare_address_leads_to_what_was_picked_last(
        self, project: Project, member: Client
    ) -> None:
        pick(member, environment="production", sort="events")
        assert leads_to(member) == f"{LIST}?environment=production&sort=events"

    def test_the_form_leads_to_an_address_that_says_it_all(
        self, project: Project, member: Client
    ) -> None:
        assert pick(member, environment="production", sort="users") == (
            f"{LIST}?q=is:unresolved&sort=users&graph=24h&environment=production"
        )

    def test_a_period_chosen_in_the_form_takes_the_place_of_its_times(
        self, project: Project, member: Client
    ) -> None:
        times = {"start": "2026-01-31T08:00", "end": ""}
        asked = f"{LIST}?q=is:unresolved&sort=last_seen&graph=24h"
        assert pick(member, **times) == f"{asked}&start=2026-01-31T08:00:00Z"
        assert pick(member, **{**times, "period": "7d"}) == f"{asked}&period=7d"
        assert pick(member, **{**times, "period": "all"}) == asked

    def test_an_empty_list_leads_to_one_without_picks(
        self, project: Project, member: Client
    ) -> None:
        make_issue(project)
        html = member.get(LIST, {"environment": "none"}).content.decode()
        assert "?keep=none&amp;q=is%3Aunresolved" in html.partition("No issues")[2]

    def test_what_an_address_says_wins_and_is_not_kept(
        self, project: Project, member: Client
    ) -> None:
        pick(member, sort="events")
        said = f"{LIST}?sort=users&graph=14d"
        assert leads_to(member, sort="users", graph="14d") == said
        assert leads_to(member) == f"{LIST}?sort=events"

    def test_picking_the_usual_again_leaves_nothing_to_keep(
        self, project: Project, member: Client
    ) -> None:
        pick(member, sort="events")
        pick(member)
        assert not ListPicks.objects.exists()
        assert leads_to(member) == LIST

    def test_each_list_keeps_its_own(self, project: Project, member: Client) -> None:
        make_project("till", organization=project.organization)
        pick(member, sort="events")
        pick(member, ALL, sort="users")
        assert leads_to(member, "/o/acme/p/till/") == "/o/acme/p/till/"
        assert leads_to(member, ALL) == f"{ALL}?sort=users"

    def test_each_reader_keeps_his_own(
        self, project: Project, member: Client, viewer: Client
    ) -> None:
        pick(member, sort="events")
        assert leads_to(viewer) == LIST

    def test_what_is_kept_can_be_forgotten(
        self, project: Project, member: Client
    ) -> None:
        make_issue(project)
        pick(member, environment="production", sort="events")
        html = member.get(LIST, follow=True).content.decode()
        assert "?keep=none&amp;q=is%3Aunresolved" in html
        assert leads_to(member, keep="none", q=UNRESOLVED) == f"{LIST}?q=is:unresolved"
        assert leads_to(member) == LIST

    def test_an_environment_that_is_gone_can_be_left(
        self, project: Project, member: Client
    ) -> None:
        pick(member, environment="long gone")
        html = member.get(LIST, follow=True).content.decode()
        assert 'value="long gone" data-act="submit" checked' in html

    def test_pages_and_news_stay_with_their_address(
        self, project: Project, member: Client
    ) -> None:
        pick(member, sort="events")
        at = f"{LIST}?cursor=n.1.1.25"
        assert leads_to(member, cursor="n.1.1.25") == at
        assert member.get(LIST, {"since": "x"}).status_code == 200

    def test_more_than_anybody_picks_is_not_kept(
        self, project: Project, member: Client
    ) -> None:
        pick(member, environment="ü" * 200, release="ü" * 200, sort="events")
        assert not ListPicks.objects.exists()

    @pytest.mark.parametrize("value", ["", "\0", "x", "%"])
    def test_no_pick_breaks_the_list(
        self, project: Project, member: Client, value: str
    ) -> None:
        pick(member, environment=value, sort=value, graph=value)
        assert member.get(LIST, follow=True).status_code == 200


class TestFirstSearch:
    def test_lists_open_with_the_search_that_was_chosen(
        self, project: Project, member: Client
    ) -> None:
        assert choose(member, "built:mine") == 302
        assert leads_to(member) == f"{LIST}?q=is:unresolved assigned:me"
        assert leads_to(member, q="is:resolved") == f"{LIST}?q=is:resolved"

    def test_a_saved_search_comes_with_its_order(
        self, project: Project, member: Client
    ) -> None:
        asked = {"do": "save", "name": "Slow", "q": "slow", "sort": "users"}
        member.post(SEARCHES, asked)
        choose(member, f"saved:{SavedSearch.objects.get().pk}")
        assert leads_to(member, ALL) == f"{ALL}?q=slow&sort=users"

    def test_all_issues_may_come_first(self, project: Project, member: Client) -> None:
        choose(member, "built:all")
        assert leads_to(member) == f"{LIST}?q="

    def test_the_organizations_choice_is_for_who_has_made_none(
        self, project: Project, member: Client, admin: Client
    ) -> None:
        assert choose(admin, "built:today", "default_of_all") == 302
        assert leads_to(member) == f"{LIST}?q=is:unresolved firstSeen:-24h"
        choose(member, "built:unresolved")
        assert leads_to(member) == LIST
        choose(member, "")
        assert leads_to(member) == f"{LIST}?q=is:unresolved firstSeen:-24h"

    def test_members_choose_for_themselves_only(
        self, project: Project, member: Client
    ) -> None:
        assert choose(member, "built:today", "default_of_all") == 403
        assert leads_to(member) == LIST

    def test_what_is_not_shared_any_more_is_first_for_nobody_else(
        self, project: Project, member: Client, admin: Client
    ) -> None:
        asked = {"do": "save", "name": "Slow", "q": "slow", "share": "on"}
        admin.post(SEARCHES, asked)
        search = SavedSearch.objects.get()
        choose(admin, f"saved:{search.pk}", "default_of_all")
        assert leads_to(member) == f"{LIST}?q=slow"
        admin.post(SEARCHES, {"do": "unshare", "search": search.pk})
        assert leads_to(member) == LIST

    def test_a_deleted_search_is_first_no_more(
        self, project: Project, member: Client
    ) -> None:
        member.post(SEARCHES, {"do": "save", "name": "Slow", "q": "slow"})
        search = SavedSearch.objects.get()
        choose(member, f"saved:{search.pk}")
        member.post(SEARCHES, {"do": "delete", "search": search.pk})
        assert leads_to(member) == LIST

    @pytest.mark.parametrize("first", ["saved:1", "built:x", "saved:x", "x", "\0"])
    def test_what_nobody_offers_can_not_be_chosen(
        self, project: Project, member: Client, first: str
    ) -> None:
        choose(member, first)
        assert leads_to(member) == LIST

    def test_the_page_says_what_is_chosen(
        self, project: Project, member: Client
    ) -> None:
        choose(member, "built:mine")
        html = member.get(SEARCHES).content.decode()
        assert 'value="built:mine" selected' in html


class TestOrder:
    def test_own_searches_stand_in_the_order_they_were_moved_to(
        self, project: Project, member: Client
    ) -> None:
        for name in ("Zebra", "Ant", "Mole"):
            member.post(SEARCHES, {"do": "save", "name": name, "q": name})
        assert names(member) == ["Zebra", "Ant", "Mole"]
        mole = SavedSearch.objects.get(name="Mole")
        for _ in range(3):
            member.post(SEARCHES, {"do": "up", "search": mole.pk})
        assert names(member) == ["Mole", "Zebra", "Ant"]
        member.post(SEARCHES, {"do": "down", "search": mole.pk})
        assert names(member) == ["Zebra", "Mole", "Ant"]

    def test_what_others_share_comes_after_ones_own(
        self, project: Project, member: Client, admin: Client
    ) -> None:
        asked = {"do": "save", "name": "Ant", "q": "ant", "share": "on"}
        admin.post(SEARCHES, asked)
        member.post(SEARCHES, {"do": "save", "name": "Zebra", "q": "zebra"})
        assert names(member) == ["Zebra", "Ant"]


def names(client: Client) -> list[str]:
    """The names of the saved searches, as the page has them."""
    html = client.get(SEARCHES).content.decode()
    table = html.partition("<tbody>")[2]
    return [part.partition("<")[0] for part in table.split('"><bdi>')[1:]]
