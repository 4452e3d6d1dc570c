"""The forms of this room's pages."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from projects import addresses, services
from projects.access import permission_of, projects_of
from projects.models import Membership, Organization, Project, Role, Team, User
from projects.naming import check_name
from projects.platforms import PLATFORMS
from projects.tokens import scopes_of_role

_PLATFORM_CHOICES = [(platform.slug, platform.name) for platform in PLATFORMS]
# The parts of the time zone database that name places.
_REGIONS = (
    "Africa",
    "America",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)
_USUAL_SCOPES = ("org:read", "project:read", "event:read", "event:write")


class NameForm(forms.Form):
    """The name of an organization or a team."""

    name = forms.CharField(label=_("Name"), max_length=64, validators=[check_name])


class ProjectForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=64, validators=[check_name])
    platform = forms.ChoiceField(
        label=_("Platform"),
        choices=_PLATFORM_CHOICES,
        help_text=_("Which set-up steps to show first. Any SDK may send events."),
    )


class ProjectSettingsForm(ProjectForm):
    resolve_age_days = forms.IntegerField(
        label=_("Resolve quiet issues after (days)"),
        required=False,
        min_value=0,
        max_value=services.RESOLVE_AGE_MAX_H // 24,
        help_text=_(
            "Unresolved issues are resolved when nothing was heard of them for so many "
            "days; an event brings them back. Empty or 0: never."
        ),
    )


class NewProjectForm(ProjectForm):
    team = forms.ModelChoiceField(
        Team.objects.none(), label=_("Team"), required=False, empty_label=_("None")
    )

    def __init__(
        self, data: QueryDict | None = None, *, organization: Organization
    ) -> None:
        super().__init__(data)
        _offer(self, "team", organization.teams.order_by("name"))


class RoleForm(forms.Form):
    """A role up to that of who chooses."""

    role = forms.ChoiceField(label=_("Role"), initial=Role.MEMBER)

    def __init__(self, data: QueryDict | None = None, *, by: str) -> None:
        super().__init__(data)
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = roles_up_to(by)


class MemberForm(RoleForm):
    email = forms.EmailField(label=_("Email address"), max_length=254)

    field_order = ("email", "role")


if TYPE_CHECKING:
    _MembershipsField = forms.ModelMultipleChoiceField[Membership]
else:
    _MembershipsField = forms.ModelMultipleChoiceField


class _MembersField(_MembershipsField):
    def label_from_instance(self, obj: Membership) -> str:
        return obj.user.email


class TeamForm(NameForm):
    """A team's name, members and projects."""

    members = _MembersField(
        Membership.objects.none(),
        label=_("Members"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    projects = forms.ModelMultipleChoiceField(
        Project.objects.none(),
        label=_("Projects"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, data: QueryDict | None = None, *, team: Team) -> None:
        super().__init__(data)
        organization = team.organization
        members = organization.memberships.select_related("user")
        _offer(self, "members", members.order_by("user__email"))
        _offer(self, "projects", projects_of(organization))
        self.initial = {
            "name": team.name,
            "members": team.members.all(),
            "projects": team.projects.all(),
        }


class TokenForm(forms.Form):
    """A token's name, scopes that the role may have, and how long it lasts."""

    name = forms.CharField(
        label=_("Name"),
        max_length=64,
        help_text=_("What will use it."),
        validators=[check_name],
    )
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"), widget=forms.CheckboxSelectMultiple
    )
    days = forms.TypedChoiceField(
        label=_("Expires"),
        coerce=int,
        choices=[
            (0, _("Never")),
            (30, _("In 30 days")),
            (90, _("In 90 days")),
            (365, _("In a year")),
        ],
    )

    def __init__(self, data: QueryDict | None = None, *, role: str) -> None:
        super().__init__(data)
        allowed = scopes_of_role(role)
        scopes = self.fields["scopes"]
        assert isinstance(scopes, forms.MultipleChoiceField)
        scopes.choices = [(scope, scope) for scope in allowed]
        scopes.initial = [scope for scope in _USUAL_SCOPES if scope in allowed] or list(
            allowed
        )


class KeyForm(forms.Form):
    label = forms.CharField(label=_("Name"), max_length=64, validators=[check_name])


class LimitForm(forms.Form):
    """At most so many events in each window; 0 for no limit."""

    count = forms.IntegerField(label=_("Events"), min_value=0, max_value=1_000_000_000)
    window_s = forms.TypedChoiceField(
        label=_("In each"),
        coerce=int,
        choices=[
            (1, _("Second")),
            (60, _("Minute")),
            (3600, _("Hour")),
            (86_400, _("Day")),
        ],
    )


def _time_zones() -> list[tuple[str, str | Promise]]:
    places = sorted(
        name for name in available_timezones() if name.partition("/")[0] in _REGIONS
    )
    return [
        ("", _("Like the browser")),
        ("UTC", "UTC"),
        *((name, name.replace("_", " ")) for name in places),
    ]


class ProfileForm(forms.Form):
    """What a user chooses for themself; empty means: like the browser or system."""

    name = forms.CharField(
        label=_("Name"), max_length=150, required=False, validators=[check_name]
    )
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("Like the browser")), *settings.LANGUAGES],
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"), required=False, choices=_time_zones
    )
    theme = forms.ChoiceField(
        label=_("Theme"), required=False, choices=User.Theme.choices
    )
    oldest_frame_first = forms.ChoiceField(
        label=_("Stack traces"),
        required=False,
        choices=[("", _("Newest frame first")), ("oldest", _("Oldest frame first"))],
        help_text=_("Until you choose another order on an issue's page."),
    )
    shortcuts = forms.BooleanField(label=_("Keyboard shortcuts"), required=False)

    def clean_oldest_frame_first(self) -> bool:
        return bool(self.cleaned_data["oldest_frame_first"])


class AddressForm(forms.Form):
    """Another email address, for who knows the password."""

    email = forms.EmailField(label=_("New email address"), max_length=254)
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, data: QueryDict | None = None, *, user: User) -> None:
        super().__init__(data)
        self._user = user

    def clean_email(self) -> str:
        address = addresses.normalized(self.cleaned_data["email"])
        if address == self._user.email:
            raise forms.ValidationError(_("This is your address already."))
        return address

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self._user.check_password(password):
            raise forms.ValidationError(_("This is not your password."))
        return password


def roles_up_to(role: str) -> list[tuple[str, str]]:
    """The roles that somebody with `role` may give, as choices."""
    highest = permission_of(role)
    return [
        (each.value, str(each.label)) for each in Role if permission_of(each) <= highest
    ]


def _offer(form: forms.Form, name: str, choices: object) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = choices  # type: ignore[assignment]  # A query of the field's model.
