"""What a token's user is mailed about, told and changed through the API."""

from __future__ import annotations

import pytest

from alerts import wishes
from projects.models import APIToken, Organization, Project, Role, User
from tests.factories import make_project
from tests.web.api.client import API, api_of

PATH = "/users/me/notifications/"


@pytest.fixture
def user(api: API, organization: Organization) -> User:
    """Whose token it is."""
    return APIToken.objects.get(organization=organization).user


def test_at_first_all_kinds_are_wanted(api: API) -> None:
    body = api.get(PATH).body
    assert set(body["kinds"].values()) == {True}
    assert (body["ownActions"], body["mutedProjects"]) == (False, [])


def test_what_is_put_holds_and_the_rest_stays(api: API, project: Project) -> None:
    api.put(PATH, {"ownActions": True})
    answer = api.put(PATH, {"kinds": {"status": False}, "mutedProjects": ["shop"]})
    assert answer.status == 200
    assert answer.body == api.get(PATH).body
    kinds = answer.body["kinds"]
    assert [kind for kind, is_on in kinds.items() if not is_on] == ["status"]
    assert (answer.body["ownActions"], answer.body["mutedProjects"]) == (True, ["shop"])


def test_other_organizations_projects_stay_muted(
    api: API, project: Project, user: User
) -> None:
    other = make_project("other")
    wishes.mute(user, [other], [other])
    api.put(PATH, {"mutedProjects": [str(project.pk)]})
    assert wishes.wish_of(user).muted_project_ids == {project.pk, other.pk}
    api.put(PATH, {"mutedProjects": []})
    assert wishes.wish_of(user).muted_project_ids == {other.pk}


@pytest.mark.parametrize(
    "wrong",
    [
        {"kinds": {"status": "perhaps"}},
        {"kinds": []},
        {"mutedProjects": ["secret"]},
        {"mutedProjects": "shop"},
        {"mutedProjects": ["a\0b"]},
        {"mutedProjects": ["9" * 30]},
        [],
    ],
)
def test_what_cannot_be_is_refused(api: API, wrong: object) -> None:
    make_project("secret")
    assert api.put(PATH, wrong).status == 400


def test_viewers_tokens_only_read(organization: Organization) -> None:
    viewer = api_of(organization, role=Role.VIEWER)
    assert viewer.get(PATH).status == 200
    assert viewer.put(PATH, {"ownActions": True}).status == 403
