"""Addresses of this room's pages."""

from __future__ import annotations

from django.urls import path

from projects.views import (
    address,
    home,
    members,
    organization,
    policies,
    settings,
    setup,
    teams,
    tokens,
)

app_name = "projects"

_ORG = "o/<slug:org>/"
_PROJECT = f"{_ORG}p/<slug:project>/"
_SETTINGS = f"{_PROJECT}settings/"
_KEY = f"{_SETTINGS}keys/<int:key>/"

urlpatterns = [
    path("", home.home, name="home"),
    path("profile/", home.profile, name="profile"),
    path("profile/address/", address.address, name="address"),
    path("profile/address/<str:token>/", address.confirm, name="address_confirm"),
    path("profile/sign-out/", home.sign_out_elsewhere, name="sign_out_elsewhere"),
    path("language/", home.language, name="language"),
    path("organizations/new/", home.organization_new, name="organization_new"),
    path(_ORG, organization.project_list, name="projects"),
    path(f"{_ORG}settings/", organization.organization_settings, name="organization"),
    path(
        f"{_ORG}settings/limits/",
        policies.organization_limits,
        name="organization_limits",
    ),
    path(
        f"{_ORG}settings/scrubbing/",
        policies.organization_scrubbing,
        name="organization_scrubbing",
    ),
    path(f"{_ORG}projects/new/", organization.project_new, name="project_new"),
    path(f"{_ORG}members/", members.members, name="members"),
    path(f"{_ORG}members/<int:member>/role/", members.member_role, name="member_role"),
    path(
        f"{_ORG}members/<int:member>/remove/",
        members.member_remove,
        name="member_remove",
    ),
    path(f"{_ORG}members/<int:member>/link/", members.member_link, name="member_link"),
    path(f"{_ORG}teams/", teams.teams, name="teams"),
    path(f"{_ORG}teams/<slug:team>/", teams.team, name="team"),
    path(f"{_ORG}teams/<slug:team>/delete/", teams.team_delete, name="team_delete"),
    path(f"{_ORG}tokens/", tokens.tokens, name="tokens"),
    path(f"{_ORG}tokens/<int:token>/revoke/", tokens.token_revoke, name="token_revoke"),
    path(f"{_PROJECT}star/", home.star, name="star"),
    path(f"{_PROJECT}setup/", setup.setup, name="setup"),
    path(f"{_PROJECT}setup/status/", setup.setup_status, name="setup_status"),
    path(_SETTINGS, settings.general, name="settings"),
    path(f"{_SETTINGS}delete/", settings.delete, name="project_delete"),
    path(f"{_SETTINGS}filters/", policies.filters, name="filters"),
    path(f"{_SETTINGS}limits/", policies.limits, name="limits"),
    path(f"{_SETTINGS}limits/spikes/", policies.spikes, name="spikes"),
    path(f"{_SETTINGS}scrubbing/", policies.scrubbing, name="scrubbing"),
    path(f"{_SETTINGS}keys/", settings.keys, name="keys"),
    path(f"{_KEY}change/", settings.key_change, name="key_change"),
    path(f"{_KEY}limit/", settings.key_limit, name="key_limit"),
    path(f"{_KEY}delete/", settings.key_delete, name="key_delete"),
]
