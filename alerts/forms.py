"""The form of what a user wants to be mailed."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from alerts.models import Kind
from alerts.wishes import Wish
from projects.models import Project


class NotificationsForm(forms.Form):
    """Ticked is what is wanted."""

    kinds = forms.MultipleChoiceField(
        label=_("Of issues that I follow, mail me when"),
        required=False,
        choices=Kind.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    wants_own = forms.BooleanField(
        label=_("Also what I do myself"),
        required=False,
    )
    projects = forms.MultipleChoiceField(
        label=_("In these projects"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(
        self, data: QueryDict | None, *, wish: Wish, projects: Sequence[Project]
    ) -> None:
        heard = [p.pk for p in projects if p.pk not in wish.muted_project_ids]
        wanted = [kind.value for kind in Kind if kind not in wish.unwanted]
        initial = {"kinds": wanted, "wants_own": wish.wants_own, "projects": heard}
        super().__init__(data, initial=initial)
        field = self.fields["projects"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = _by_organization(projects)

    @property
    def unwanted(self) -> list[Kind]:
        ticked: Collection[str] = self.cleaned_data["kinds"]
        return [kind for kind in Kind if kind not in ticked]

    def muted(self, projects: Sequence[Project]) -> list[Project]:
        ticked = {int(pk) for pk in self.cleaned_data["projects"]}
        return [project for project in projects if project.pk not in ticked]


def _by_organization(projects: Sequence[Project]) -> list[tuple[int, str]]:
    """A choice for each; with the organization's name where there are several."""
    is_one = len({project.organization_id for project in projects}) < 2
    return [
        (p.pk, p.name if is_one else f"{p.organization.name} / {p.name}")
        for p in projects
    ]
