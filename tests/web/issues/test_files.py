"""An event's files: shown as what they are, and never as a page of ours."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from issues import filestore
from issues.models import Attachment, Issue
from projects.models import Project
from tests.factories import make_issue, make_organization, make_project
from tests.files import PNG, attach, attach_to

pytestmark = pytest.mark.usefixtures("data_folder")

SCRIPT = b"<script>alert(1)</script>"


@pytest.fixture
def issue(project: Project) -> Issue:
    return make_issue(project)


def at(file: Attachment, rest: str = "") -> str:
    return f"/o/acme/p/shop/attachments/{file.pk}/{rest}"


def download(client: Client, file: Attachment) -> tuple[bytes, Any]:
    """The file as it comes back, and its headers."""
    answer: Any = client.get(at(file))
    assert answer.status_code == 200
    return b"".join(answer.streaming_content), answer.headers


def event_page(issue: Issue, member: Client) -> str:
    return member.get(f"/o/acme/p/shop/issues/{issue.number}/").content.decode()


def test_the_event_lists_its_files(issue: Issue, member: Client) -> None:
    image = attach(issue, PNG, "screenshot.png", content_type="image/png")
    log = attach(issue, b"line", "app.log")
    dump = attach(issue, b"MDMP", "a.dmp", kind="event.minidump")
    html = event_page(issue, member)
    assert f'<img src="{at(image)}" alt="screenshot.png"' in html
    assert f'href="{at(log, "text/")}"' in html
    assert f'href="{at(dump)}"' in html
    assert "Minidump" in html


def test_an_event_without_files_says_nothing_of_them(
    issue: Issue, member: Client
) -> None:
    assert "Attachments" not in event_page(issue, member)


def test_a_file_comes_back_as_it_was(issue: Issue, member: Client) -> None:
    data = bytes(range(256)) * 4000
    body, headers = download(member, attach(issue, data, "a.bin"))
    assert body == data
    assert headers["Content-Length"] == str(len(data))
    assert headers["Content-Disposition"] == 'attachment; filename="a.bin"'


@pytest.mark.parametrize(
    ("data", "name", "told", "sent"),
    [
        (PNG, "a.png", "image/png", "image/png"),
        (b"\xff\xd8\xff\xe0", "a.jpg", "image/jpeg", "image/jpeg"),
        (b"GIF89a", "a.gif", "", "image/gif"),
        (b"RIFF\0\0\0\0WEBP", "a.webp", "", "image/webp"),
        (SCRIPT, "a.html", "text/html", "application/octet-stream"),
        (SCRIPT, "a.png", "image/png", "application/octet-stream"),
        (
            b"<svg onload=alert(1)>",
            "a.svg",
            "image/svg+xml",
            "application/octet-stream",
        ),
        (b"%PDF-1.7", "a.pdf", "application/pdf", "application/octet-stream"),
        (b"", "empty", "text/html", "application/octet-stream"),
    ],
)
def test_no_file_is_opened_by_a_browser(
    issue: Issue, member: Client, data: bytes, name: str, told: str, sent: str
) -> None:
    file = attach(issue, data, name, content_type=told)
    body, headers = download(member, file)
    assert body == data
    assert headers["Content-Type"] == sent
    assert headers["Content-Disposition"].startswith("attachment")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_files_name_cannot_do_harm(issue: Issue, member: Client) -> None:
    name = '../../etc/"x"\r\nSet-Cookie: a=b\u202e<b>.txt'
    file = attach(issue, b"x", name)
    disposition = download(member, file)[1]["Content-Disposition"]
    assert "\n" not in disposition
    assert "/" not in disposition.replace("UTF-8''", "")
    html = event_page(issue, member) + member.get(at(file, "text/")).content.decode()
    assert "<b>.txt" not in html
    assert "\u202e" not in html


def test_text_is_shown_as_text(issue: Issue, member: Client) -> None:
    file = attach(issue, SCRIPT + b"\x00\xff line", "app.log")
    html = member.get(at(file, "text/")).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script>alert" not in html


def test_long_text_is_cut_and_says_so(issue: Issue, member: Client) -> None:
    file = attach(issue, b"x" * 1_000_000, "app.log")
    answer = member.get(at(file, "text/"))
    assert len(answer.content) < 120 * 1024
    assert "beginning of the file" in answer.content.decode()


def test_json_is_put_in_order(issue: Issue, member: Client) -> None:
    file = attach(issue, b'{"a":{"b":[1,2]}}', "state.json")
    html = member.get(at(file, "text/")).content.decode()
    assert "&quot;b&quot;: [" in html


def test_a_view_hierarchy_is_shown_as_its_tree(issue: Issue, member: Client) -> None:
    button = {"type": "Button", "identifier": "ok", "width": 9, "height": 4}
    tree = {"windows": [{"type": "Window", "x": 1, "y": 2, "children": [button]}]}
    kind = "event.view_hierarchy"
    file = attach(issue, json.dumps(tree).encode(), "view-hierarchy.json", kind=kind)
    html = member.get(at(file, "text/")).content.decode()
    assert "Window @1,2\n  Button identifier=ok 9\u00d74" in html


def test_a_deep_view_hierarchy_is_no_danger(issue: Issue, member: Client) -> None:
    view: dict[str, Any] = {"type": "V"}
    for _ in range(200):
        view = {"type": "V", "children": [view]}
    data = json.dumps({"windows": [view]}).encode()
    file = attach(issue, data, "view-hierarchy.json", kind="event.view_hierarchy")
    assert member.get(at(file, "text/")).status_code == 200


def test_only_members_get_at_files(
    issue: Issue, stranger: Client, client: Client, viewer: Client
) -> None:
    file = attach(issue, b"secret", "app.log")
    for rest in ("", "text/"):
        assert stranger.get(at(file, rest)).status_code == 404
        assert client.get(at(file, rest)).status_code == 302
    assert viewer.get(at(file, "text/")).status_code == 200
    assert download(viewer, file)[0] == b"secret"


def test_a_file_is_found_in_its_own_project_only(
    issue: Issue, project: Project, member: Client
) -> None:
    other = make_project("blog", organization=project.organization)
    foreign = make_project(organization=make_organization("other"))
    for elsewhere in (other, foreign):
        file = attach_to(elsewhere, uuid.uuid4(), b"x", "app.log")
        assert member.get(at(file)).status_code == 404


def test_a_file_that_is_gone_is_not_found(
    issue: Issue, member: Client, data_folder: Path
) -> None:
    file = attach(issue, b"x", "app.log")
    name = filestore.name_of(file.project_id, file.sha256)
    (data_folder / "attachments" / name).unlink()
    assert member.get(at(file)).status_code == 404
    assert member.get(at(file, "text/")).status_code == 404


def test_many_images_do_not_make_the_page_heavy(issue: Issue, member: Client) -> None:
    for number in range(20):
        attach(issue, PNG + bytes([number]), f"{number}.png")
    html = event_page(issue, member)
    assert html.count("<img ") == 6
    assert html.count(" download>") == 26
