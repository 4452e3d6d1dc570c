"""The settings page of a project's rules for grouping."""

from __future__ import annotations

from html import unescape

import pytest
from django.test import Client

from issues.models import Regrouping
from projects import rulesets
from projects.models import Organization, Project, Role
from projects.rules import GroupingTexts
from tests.factories import make_issue, make_project
from tests.groupings import second_version
from tests.people import client_of
from tests.regroups import chosen, finish, previewed, regrouped

__all__ = ["second_version"]
pytestmark = pytest.mark.django_db

PAGE = "/o/acme/p/shop/settings/grouping/"
ONE = {"fingerprinting": "# ours\r\ntype:A -> a", "enhancements": "app:no +app  \r\n"}
TEXTS = GroupingTexts(fingerprinting="# ours\ntype:A -> a", enhancements="app:no +app")


def text_of(client: Client, address: str = PAGE) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return unescape(response.content.decode())


def test_rules_are_kept_and_shown_again(admin: Client, project: Project) -> None:
    response = admin.post(PAGE, ONE)
    assert response.headers["Location"] == PAGE
    assert rulesets.grouping_of(project) == TEXTS
    assert "# ours\ntype:A -> a</textarea>" in text_of(admin)


def test_who_changed_the_rules_is_told(admin: Client, project: Project) -> None:
    admin.post(PAGE, ONE)
    (change,) = rulesets.changes_of(project)
    assert change.changed_by is not None
    assert f"<td>{change.changed_by}</td>" in text_of(admin)


def test_a_mistake_is_told_by_line_and_column(admin: Client, project: Project) -> None:
    bad = {"fingerprinting": "type:A -> a\ntype:B bogus:c -> b", "enhancements": ""}
    text = unescape(admin.post(PAGE, bad).content.decode())
    assert "Line 2, column 8: there is no matcher called bogus" in text
    assert "<bdi>type:B </bdi><mark><bdi>bogus:c -> b</bdi></mark>" in text
    assert "type:B bogus:c -> b</textarea>" in text
    assert rulesets.grouping_of(project) == GroupingTexts()


def test_rules_without_end_are_refused(admin: Client, project: Project) -> None:
    response = admin.post(PAGE, {"fingerprinting": "type:" + "{a,b}*" * 170_000})
    assert "longer than 100000 characters" in response.content.decode()
    assert rulesets.grouping_of(project) == GroupingTexts()


def test_an_earlier_version_can_be_opened(admin: Client, project: Project) -> None:
    admin.post(PAGE, ONE)
    admin.post(PAGE, {**ONE, "fingerprinting": ""})
    assert "type:A -> a</textarea>" not in text_of(admin)
    assert "type:A -> a</textarea>" in text_of(admin, f"{PAGE}?version=1")


def test_a_preview_tells_what_would_join_and_saves_nothing(
    admin: Client, project: Project
) -> None:
    for kind in ("KeyError", "TypeError"):
        make_issue(project, exception=[{"type": kind, "value": "<b>x</b>"}])
    rules = {"fingerprinting": "type:*Error -> one", "do": "preview"}
    address = admin.post(PAGE, rules).headers["Location"]
    waiting = text_of(admin, address)
    assert "Stored events are being looked at." in waiting
    assert '<meta http-equiv="refresh" content="3">' in waiting
    finish(Regrouping.objects.get())
    text = admin.get(address).content.decode()
    assert "<b>2 issues</b> would become 1. None would split." in text
    assert "KeyError: &lt;b&gt;x&lt;/b&gt;" in text
    assert "type:*Error -&gt; one</textarea>" in text
    assert "http-equiv" not in text
    assert rulesets.grouping_of(project) == GroupingTexts()


def test_a_preview_of_another_project_is_not_shown(
    admin: Client, project: Project
) -> None:
    other = previewed(make_project(), chosen("type:secret -> one"))
    assert "secret" not in text_of(admin, f"{PAGE}?preview={other.pk}")


def test_a_newer_version_can_be_previewed_and_chosen(
    admin: Client, project: Project, second_version: str
) -> None:
    text = text_of(admin)
    assert "grouped by version <b>v1</b>" in text
    assert "Servers tell issues apart." in text
    wanted = {"version": second_version, "do": "preview"}
    address = admin.post(f"{PAGE}version/", wanted).headers["Location"]
    finish(Regrouping.objects.get())
    assert "What version v2 would make of stored events" in text_of(admin, address)
    admin.post(f"{PAGE}version/", {**wanted, "do": "upgrade"})
    text = text_of(admin)
    assert "grouped by version <b>v2</b>" in text
    assert "v1 → v2" in text
    assert "That is the newest one." in text


def test_a_version_that_is_not_newer_changes_nothing(
    admin: Client, project: Project
) -> None:
    for version in ("v1", "v0", ""):
        admin.post(f"{PAGE}version/", {"version": version, "do": "upgrade"})
    project.refresh_from_db()
    assert project.grouping_version == "v1"
    assert not project.grouping_upgrades.exists()


def test_a_preview_of_mistakes_tells_the_mistakes(admin: Client) -> None:
    answer = admin.post(PAGE, {"fingerprinting": "nonsense", "do": "preview"})
    text = answer.content.decode()
    assert "Line 1, column 1" in text
    assert not Regrouping.objects.exists()


def test_what_people_wrote_is_text(admin: Client) -> None:
    hostile = '</textarea><script>alert("x")</script>'
    page = admin.post(PAGE, {"fingerprinting": hostile}).content.decode()
    assert "<script>alert" not in page


def test_members_who_manage_nothing_see_no_rules(
    organization: Organization, project: Project
) -> None:
    member = client_of(organization, Role.MEMBER)
    assert member.get(PAGE).status_code == 403
    assert member.post(PAGE, ONE).status_code == 403
    assert member.post(f"{PAGE}version/", {"version": "v2"}).status_code == 403
    assert member.post(f"{PAGE}regroup/", {"do": "start"}).status_code == 403
    assert rulesets.grouping_of(project) == GroupingTexts()


def joined(project: Project) -> Regrouping:
    """Has two issues become one, by rules that hold."""
    for kind in ("KeyError", "TypeError"):
        make_issue(project, exception=[{"type": kind, "value": "x"}])
    return regrouped(project, "type:*Error -> one")


def test_rules_can_be_saved_and_stored_events_regrouped(
    admin: Client, project: Project
) -> None:
    admin.post(PAGE, {**ONE, "do": "regroup"})
    assert rulesets.grouping_of(project) == TEXTS
    run = Regrouping.objects.get()
    assert (run.kind, run.state, run.reason) == ("regroup", "reading", "rules")
    text = text_of(admin)
    assert "Looking at events" in text
    assert 'value="start"' not in text
    assert "Look again" in text
    # It would take away what somebody is writing.
    assert "http-equiv" not in text


def test_an_upgrade_can_regroup_stored_events(
    admin: Client, project: Project, second_version: str
) -> None:
    wanted = {"version": second_version, "do": "upgrade", "regroup": "1"}
    admin.post(f"{PAGE}version/", wanted)
    run = Regrouping.objects.get()
    assert (run.kind, run.reason, run.version) == ("regroup", "version", "v2")


def test_what_regrouping_did_is_told(admin: Client, project: Project) -> None:
    joined(project)
    text = text_of(admin)
    assert "2 issues → 1" in text
    assert "TypeError: x" in text
    assert "http-equiv" not in text


def test_regrouping_is_begun_stopped_and_not_begun_twice(
    admin: Client, project: Project
) -> None:
    for _ in range(2):
        admin.post(f"{PAGE}regroup/", {"do": "start"})
    run = Regrouping.objects.get()
    admin.post(f"{PAGE}regroup/", {"do": "cancel", "run": run.pk})
    run.refresh_from_db()
    assert run.state == "canceled"


def test_regrouping_is_undone_from_the_page(admin: Client, project: Project) -> None:
    run = joined(project)
    assert 'value="undo"' in text_of(admin)
    admin.post(f"{PAGE}regroup/", {"do": "undo", "run": run.pk})
    finish(run)
    text = text_of(admin)
    assert "Undone" in text
    assert 'value="undo"' not in text


def test_nobody_undoes_what_another_project_did(
    admin: Client, project: Project
) -> None:
    run = joined(make_project())
    change = {"do": "undo", "run": run.pk}
    assert admin.post(f"{PAGE}regroup/", change).status_code == 404
    run.refresh_from_db()
    assert run.state == "done"
