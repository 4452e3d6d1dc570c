"""The pages of projects: list, new, settings, keys, set-up, stars."""

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from issues.overview import numbers_of
from projects.models import Organization, Project, ProjectKey, Role
from projects.services import dsn_of
from tests.factories import make_issue, make_project
from tests.people import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(organization: Organization) -> Client:
    return client_of(organization, Role.ADMIN)


def text_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def test_an_organization_without_projects_offers_the_first(admin: Client) -> None:
    assert "/o/acme/projects/new/" in text_of(admin, "/o/acme/")


def test_a_viewer_is_not_offered_what_only_admins_do(
    organization: Organization, project: Project
) -> None:
    viewer = client_of(organization, Role.VIEWER)
    assert "/o/acme/projects/new/" not in text_of(viewer, "/o/acme/")
    setup = text_of(viewer, "/o/acme/p/shop/setup/")
    assert "/o/acme/p/shop/settings/keys/" not in setup


@pytest.mark.parametrize(
    ("role", "page"), [(Role.MEMBER, "setup/"), (Role.ADMIN, "settings/")]
)
def test_project_settings_lead_to_a_page_that_one_may_see(
    organization: Organization, project: Project, role: Role, page: str
) -> None:
    client = client_of(organization, role)
    shown = text_of(client, "/o/acme/p/shop/")
    assert f'href="/o/acme/p/shop/{page}" data-go="s"' in shown
    assert client.get(f"/o/acme/p/shop/{page}").status_code == 200


def test_a_card_counts_unresolved_issues_and_events_of_a_day(
    admin: Client, project: Project
) -> None:
    make_issue(project)
    make_issue(project, message="another", exception=None)
    Project.objects.update(first_event_at=timezone.now())
    (card,) = numbers_of([project], timezone.now())
    assert (card.unresolved, card.events) == (2, 2)
    page = text_of(admin, "/o/acme/")
    assert "2 events in 24 hours" in page


def test_the_list_costs_the_same_for_one_project_and_for_ten(
    admin: Client,
    organization: Organization,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    def page() -> None:
        text_of(admin, "/o/acme/")

    make_project(organization=organization)
    # Session, user, organizations, projects, unresolved, hours.
    with django_assert_num_queries(6):
        page()
    for _ in range(9):
        make_project(organization=organization)
    with django_assert_num_queries(6):
        page()


def test_a_new_project_leads_to_its_setup(admin: Client) -> None:
    form = {"name": "Web Shop", "platform": "django"}
    response = admin.post("/o/acme/projects/new/", form)
    assert response.headers["Location"] == "/o/acme/p/web-shop/setup/"
    page = text_of(admin, "/o/acme/p/web-shop/setup/")
    assert dsn_of(ProjectKey.objects.get()) in page
    assert "settings.py" in page


def test_setup_shows_the_platform_of_the_address(
    admin: Client, project: Project
) -> None:
    page = text_of(admin, "/o/acme/p/shop/setup/?platform=go")
    assert "github.com/getsentry/sentry-go" in page
    assert dsn_of(project.keys.get()) in page


def test_setup_without_an_active_key_says_so(admin: Client, project: Project) -> None:
    project.keys.update(is_active=False)
    page = text_of(admin, "/o/acme/p/shop/setup/")
    assert "No active key" in page
    assert project.keys.get().public_key not in page


def test_setup_waits_and_then_goes_to_the_first_issue(
    admin: Client, project: Project
) -> None:
    page = text_of(admin, "/o/acme/p/shop/setup/")
    status = "/o/acme/p/shop/setup/status/"
    assert f'hx-get="{status}"' in page
    assert 'http-equiv="refresh"' in page
    assert admin.get(status).status_code == 204
    issue = make_issue(project)
    Project.objects.update(first_event_at=timezone.now())
    first = f"/o/acme/p/shop/issues/{issue.number}/"
    assert admin.get(status).headers["HX-Redirect"] == first
    waiting = admin.get("/o/acme/p/shop/setup/?platform=go&waiting=1")
    assert waiting.headers["Location"] == first
    later = text_of(admin, "/o/acme/p/shop/setup/")
    assert first in later
    assert status not in later


def test_asking_for_the_first_event_is_cheap(
    admin: Client, project: Project, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(3):  # Session, user, project.
        admin.get("/o/acme/p/shop/setup/status/")


def test_general_settings_rename_but_keep_addresses(
    admin: Client, project: Project
) -> None:
    form = {"name": "New name", "platform": "rust"}
    admin.post("/o/acme/p/shop/settings/", form)
    project.refresh_from_db()
    assert (project.name, project.platform, project.slug) == (
        "New name",
        "rust",
        "shop",
    )


def test_deleting_asks_first_and_then_hides(admin: Client, project: Project) -> None:
    address = "/o/acme/p/shop/settings/delete/"
    assert "can't be undone" in text_of(admin, address)
    project.refresh_from_db()
    assert project.deleted_at is None
    assert admin.post(address).headers["Location"] == "/o/acme/"
    assert "/o/acme/p/" not in text_of(admin, "/o/acme/")


def keys_address(key: ProjectKey, do: str) -> str:
    return f"/o/acme/p/shop/settings/keys/{key.pk}/{do}/"


def test_keys_are_made_disabled_enabled_rotated_limited_and_deleted(
    admin: Client, project: Project
) -> None:
    key = project.keys.get()

    def state() -> list[tuple[str, bool]]:
        return list(project.keys.order_by("pk").values_list("label", "is_active"))

    admin.post("/o/acme/p/shop/settings/keys/", {"label": "Mobile"})
    assert state() == [("Default", True), ("Mobile", True)]
    admin.post(keys_address(key, "change"), {"do": "disable"})
    assert state()[0] == ("Default", False)
    admin.post(keys_address(key, "change"), {"do": "enable"})
    assert state()[0] == ("Default", True)
    admin.post(keys_address(key, "limit"), {"count": "500", "window_s": "3600"})
    admin.post(keys_address(key, "change"), {"do": "rotate"})
    assert state() == [("Default", False), ("Mobile", True), ("Default", True)]
    assert (
        project.keys.filter(rate_limit_count=500, rate_limit_window_s=3600).count() == 2
    )
    admin.post(keys_address(key, "delete"))
    assert [label for label, _active in state()] == ["Mobile", "Default"]


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"count": "-1", "window_s": "60"},
        {"count": "many", "window_s": "60"},
        {"count": "5", "window_s": "7"},
        {"count": "99999999999", "window_s": "60"},
    ],
)
def test_a_bad_limit_changes_nothing(
    admin: Client, project: Project, form: dict[str, str]
) -> None:
    key = project.keys.get()
    response = admin.post(keys_address(key, "limit"), form)
    assert f'id="limit-{key.pk}-' in response.content.decode()
    key.refresh_from_db()
    assert key.rate_limit_count == 0


def test_a_bad_limit_stays_in_its_field_with_the_error_beside_it(
    admin: Client, project: Project
) -> None:
    key = project.keys.get()
    other = ProjectKey.objects.create(project=project, label="Other")
    form = {"count": "-5", "window_s": "3600"}
    page = admin.post(keys_address(key, "limit"), form).content.decode()
    field = f'id="limit-{key.pk}-count"'
    before, _, after = page.partition(field)
    tag = before.rpartition("<")[2] + after.partition(">")[0]
    assert 'value="-5"' in tag
    assert 'aria-invalid="true"' in tag
    assert f'aria-describedby="limit-{key.pk}-count_error"' in tag
    assert page.count("aria-invalid") == 1
    assert f'id="limit-{other.pk}-count"' in page
    assert page.count('<details class="more-d" open>') == 1


def test_every_dsn_can_be_copied(admin: Client, project: Project) -> None:
    page = text_of(admin, "/o/acme/p/shop/settings/keys/")
    assert f'data-copy="{dsn_of(project.keys.get())}"' in page


def test_names_are_text_never_markup(organization: Organization, admin: Client) -> None:
    hostile = "<script>alert(1)</script>"
    project = make_project("evil", organization=organization)
    Project.objects.filter(pk=project.pk).update(name=hostile)
    project.keys.update(label=hostile)
    organization.teams.create(name=hostile, slug="evil")
    for address in (
        "/o/acme/",
        "/o/acme/teams/",
        "/o/acme/p/evil/setup/",
        "/o/acme/p/evil/settings/",
        "/o/acme/p/evil/settings/keys/",
        "/o/acme/p/evil/settings/delete/",
    ):
        assert hostile not in text_of(admin, address), address


@pytest.mark.parametrize(
    "address",
    ["/o/acme/projects/new/", "/o/acme/teams/", "/o/acme/p/shop/settings/keys/"],
)
def test_names_that_turn_text_around_are_refused(
    admin: Client, project: Project, address: str
) -> None:
    name = "in\u202evoice"
    form = {"name": name, "label": name, "platform": "python"}
    page = admin.post(address, form).content.decode()
    assert "no marks of direction" in page
    assert 'aria-invalid="true"' in page


def test_a_star_moves_a_project_to_the_top_of_the_menu(
    admin: Client, organization: Organization, project: Project
) -> None:
    make_project("api", organization=organization)
    setup = "/o/acme/p/shop/setup/"
    names = [each.slug for each in admin.get(setup).context["projects"]]
    assert names == ["api", "shop"]
    response = admin.post("/o/acme/p/shop/star/", {"next": setup})
    assert response.headers["Location"] == setup
    context = admin.get(setup).context
    assert [each.slug for each in context["projects"]] == ["shop", "api"]
    assert context["is_starred"]


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", ""])
def test_a_form_leads_to_no_other_site(
    admin: Client, project: Project, target: str
) -> None:
    response = admin.post("/o/acme/p/shop/star/", {"next": target})
    assert response.headers["Location"] == "/"


def test_pages_carry_the_strict_policy(admin: Client, project: Project) -> None:
    policy = admin.get("/o/acme/p/shop/setup/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
