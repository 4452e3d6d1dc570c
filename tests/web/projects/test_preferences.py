"""Language, time zone and theme: the profile's, else the browser's."""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import timezone, translation

from projects.models import User
from tests.factories import make_issue, make_organization, make_project
from tests.people import make_member, signed_in

pytestmark = pytest.mark.django_db

PROFILE = {
    "name": "Ada",
    "language": "",
    "time_zone": "",
    "theme": "",
    "shortcuts": "on",
}


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    yield
    translation.activate("en")
    timezone.deactivate()


@pytest.fixture
def user() -> User:
    return make_member(make_organization("acme")).user


def language_of(client: Client, **headers: str) -> str:
    return str(client.get("/profile/", headers=headers).context["LANGUAGE_CODE"])


def test_the_profile_saves_what_was_chosen(user: User) -> None:
    client = signed_in(user)
    form = {
        "name": "Ada L.",
        "language": "zh-hans",
        "time_zone": "Asia/Shanghai",
        "theme": "dark",
    }
    assert client.post("/profile/", form).status_code == 302
    user.refresh_from_db()
    assert str(user) == "Ada L."
    assert (user.language, user.time_zone) == ("zh-hans", "Asia/Shanghai")
    assert (user.theme, user.shortcuts) == ("dark", False)
    page = client.get("/profile/").content.decode()
    assert 'lang="zh-hans"' in page
    assert 'data-theme="dark"' in page
    assert 'data-keys="off"' in page


@pytest.mark.parametrize(
    "wrong",
    [{"language": "xx"}, {"time_zone": "Mars/Base"}, {"theme": "pink"}],
)
def test_the_profile_refuses_what_does_not_exist(
    user: User, wrong: dict[str, str]
) -> None:
    assert signed_in(user).post("/profile/", PROFILE | wrong).status_code == 200


def test_the_browser_decides_when_the_profile_does_not(user: User) -> None:
    client = signed_in(user)
    assert language_of(client, accept_language="zh-CN,zh") == "zh-hans"
    assert language_of(client) == "en"
    client.post("/profile/", PROFILE | {"language": "en"})
    assert language_of(client, accept_language="zh-CN,zh") == "en"


def test_the_language_menu_works_before_and_after_sign_in(user: User) -> None:
    visitor = Client()
    form = {"language": "zh-hans", "next": "/accounts/login/"}
    response = visitor.post("/language/", form)
    assert response.headers["Location"] == "/accounts/login/"
    assert 'lang="zh-hans"' in visitor.get("/accounts/login/").content.decode()
    client = signed_in(user)
    client.post("/language/", form)
    user.refresh_from_db()
    assert user.language == "zh-hans"
    assert Client().post("/language/", {"language": "xx"}).status_code == 400


def test_the_switch_in_this_browser_wins_over_the_profiles_theme(user: User) -> None:
    client = signed_in(user)
    client.post("/profile/", PROFILE | {"theme": "dark"})
    client.cookies["theme"] = "light"
    assert 'data-theme="light"' in client.get("/profile/").content.decode()
    client.post("/profile/", PROFILE)
    assert "data-theme" not in client.get("/profile/").content.decode()


@pytest.mark.parametrize(
    ("profile", "cookie", "zone"),
    [
        ("Asia/Shanghai", "Europe/Rome", "Asia/Shanghai"),
        ("", "Europe/Rome", "Europe/Rome"),
        ("", "../../etc/passwd", "UTC"),
        ("", "Europe", "UTC"),
        ("", "No/Where", "UTC"),
        ("", "", "UTC"),
    ],
)
def test_times_are_the_profiles_else_the_browsers_else_utc(
    user: User, profile: str, cookie: str, zone: str
) -> None:
    user.time_zone = profile
    user.save()
    client = signed_in(user)
    client.cookies["tz"] = cookie
    client.get("/profile/")
    assert timezone.get_current_timezone_name() == zone


def test_signing_out_elsewhere_ends_the_users_other_sessions_only(user: User) -> None:
    here, there = signed_in(user), signed_in(user)
    somebody = signed_in(make_member(make_organization("other")).user)
    assert "in 1 other browser" in here.get("/profile/").content.decode()
    assert here.post("/profile/sign-out/").status_code == 302
    assert here.get("/profile/").status_code == 200
    assert somebody.get("/profile/").status_code == 200
    assert there.get("/profile/").status_code == 302
    assert "this browser only" in here.get("/profile/").content.decode()


def test_the_profile_says_which_frame_comes_first(user: User) -> None:
    issue = make_issue(make_project("shop", organization=user.places[0].organization))
    path = f"/o/acme/p/shop/issues/{issue.number}/"
    client = signed_in(user)
    client.post("/profile/", PROFILE | {"oldest_frame_first": "oldest"})
    assert chosen_order(client, path) == "Oldest first"
    # Until this browser has chosen.
    client.get(path, {"order": "newest"})
    assert chosen_order(client, path) == "Newest first"


def chosen_order(client: Client, path: str) -> str:
    page = client.get(path).content.decode()
    found = re.search(r'aria-current="true">((?:Old|New)est first)<', page)
    assert found
    return found[1]


def test_what_the_browser_asks_for_is_kept_where_nothing_was_chosen(
    user: User,
) -> None:
    client = signed_in(user)
    client.cookies["tz"] = "Asia/Shanghai"
    language_of(client, accept_language="zh-CN")
    user.refresh_from_db()
    assert (user.seen_language, user.seen_time_zone) == ("zh-hans", "Asia/Shanghai")
    assert (user.language, user.time_zone) == ("", "")


def test_a_browser_that_tells_no_time_zone_leaves_the_one_before(user: User) -> None:
    client = signed_in(user)
    client.cookies["tz"] = "Asia/Shanghai"
    client.get("/profile/")
    client.cookies["tz"] = "No/Where"
    client.get("/profile/")
    user.refresh_from_db()
    assert user.seen_time_zone == "Asia/Shanghai"
