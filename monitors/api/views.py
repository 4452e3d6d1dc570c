"""Monitors and their check-ins, by the organization or by the project."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from monitors import services
from monitors.api.inputs import MonitorInput, NewMonitorInput, wanted_of
from monitors.api.runs import page_of_monitor
from monitors.api.shapes import (
    CheckInShape,
    DeletedShape,
    MonitorShape,
    check_in_json,
    monitor_json,
)
from monitors.errors import MonitorsError
from monitors.models import Monitor, MonitorEnvironment
from projects.access import projects_of
from projects.api.lookup import named_projects, project_of, read_id, user_of
from projects.api.paging import PageQuery, page_response, read_query, read_slice
from projects.api.projects import listed_projects
from projects.models import Organization
from projects.tokens import organization_of, requires

_EVERYTHING = "-1"


class MonitorsQuery(PageQuery):
    project = serializers.ListField(
        child=serializers.CharField(), required=False, default=list
    )
    environment = serializers.ListField(
        child=serializers.CharField(), required=False, default=list
    )
    owner = serializers.CharField(required=False, default="")


class EnvironmentsQuery(serializers.Serializer[Any]):
    environment = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        default=list,
        help_text="Only these; none means all.",
    )


class Refused(APIException):
    status_code = status.HTTP_400_BAD_REQUEST


class MonitorsView(APIView):
    permission_classes = (requires(read="org:read", write="project:write"),)

    @extend_schema(
        summary="Monitors of an organization",
        parameters=[MonitorsQuery],
        responses=list[MonitorShape],
    )
    def get(self, request: Request, org: str) -> Response:
        organization = organization_of(request, org)
        query = read_query(request, MonitorsQuery)
        found = _owned(_in_projects(organization, query["project"]), query["owner"])
        if query["environment"]:
            names = query["environment"]
            named = MonitorEnvironment.objects.filter(name__in=names)
            found = found.filter(pk__in=named.values("monitor"))
        page = read_slice(request, found.order_by(Lower("name"), "pk"))
        body = _monitors_json(request, organization, page.rows, query["environment"])
        return page_response(request, body, previous=page.previous, next=page.next)

    @extend_schema(
        summary="Make a monitor",
        request=NewMonitorInput,
        responses={status.HTTP_201_CREATED: MonitorShape},
    )
    def post(self, request: Request, org: str) -> Response:
        organization = organization_of(request, org)
        told = NewMonitorInput(data=request.data)
        told.is_valid(raise_exception=True)
        values = told.validated_data
        project = named_projects(organization, [values["project"]]).first()
        if project is None:
            raise ValidationError({"project": "there is no such project"})
        try:
            monitor = services.create_monitor(project, wanted_of(values, project))
        except MonitorsError as error:
            raise Refused(str(error)) from None
        body = _monitors_json(request, organization, [monitor], [])[0]
        return Response(body, status=status.HTTP_201_CREATED)


class MonitorView(APIView):
    """A monitor, by its slug or id; the first of that slug in the organization."""

    permission_classes = (requires(read="org:read", write="project:write"),)

    @extend_schema(
        summary="A monitor", parameters=[EnvironmentsQuery], responses=MonitorShape
    )
    def get(
        self, request: Request, org: str, monitor: str, project: str = ""
    ) -> Response:
        found = _find(request, org, monitor, project)
        return _told(request, found, read_query(request, EnvironmentsQuery))

    @extend_schema(
        summary="Change a monitor", request=MonitorInput, responses=MonitorShape
    )
    def put(
        self, request: Request, org: str, monitor: str, project: str = ""
    ) -> Response:
        found = _find(request, org, monitor, project)
        told = MonitorInput(data=request.data)
        told.is_valid(raise_exception=True)
        wanted = wanted_of(told.validated_data, found.project, found)
        try:
            changed = services.change_monitor(found, wanted)
        except MonitorsError as error:
            raise Refused(str(error)) from None
        return _told(request, changed, {"environment": []})

    @extend_schema(
        summary="Delete a monitor, or only some of its environments",
        parameters=[EnvironmentsQuery],
        responses={status.HTTP_202_ACCEPTED: DeletedShape},
    )
    def delete(
        self, request: Request, org: str, monitor: str, project: str = ""
    ) -> Response:
        found = _find(request, org, monitor, project)
        names = read_query(request, EnvironmentsQuery)["environment"]
        if names:
            services.delete_environments(found, names)
        else:
            services.delete_monitor(found)
        body: DeletedShape = {"slug": found.slug}
        return Response(body, status=status.HTTP_202_ACCEPTED)


class CheckInsView(APIView):
    permission_classes = (requires(read="org:read"),)

    @extend_schema(
        summary="A monitor's check-ins, newest first",
        parameters=[PageQuery],
        responses=list[CheckInShape],
    )
    def get(
        self, request: Request, org: str, monitor: str, project: str = ""
    ) -> Response:
        found = _find(request, org, monitor, project)
        query = read_query(request, PageQuery)
        page = page_of_monitor(found.pk, cursor=query["cursor"], limit=query["limit"])
        names = dict(found.environments.values_list("pk", "name"))
        body = [check_in_json(run, found, names) for run in page.rows]
        return page_response(request, body, previous=page.previous, next=page.next)


def _in_projects(organization: Organization, named: list[str]) -> QuerySet[Monitor]:
    projects = projects_of(organization)
    if named and _EVERYTHING not in named:
        projects = named_projects(organization, named)
    return Monitor.objects.filter(project__in=projects).select_related(
        "owner_team", "owner_user"
    )


def _owned(monitors: QuerySet[Monitor], owner: str) -> QuerySet[Monitor]:
    kind, _, owner_id = owner.partition(":")
    if not owner:
        return monitors
    known = read_id(owner_id)
    if kind == "team" and known is not None:
        return monitors.filter(owner_team=known)
    if kind == "user" and known is not None:
        return monitors.filter(owner_user=known)
    return monitors.none()


def _find(request: Request, org: str, monitor: str, project: str) -> Monitor:
    """Raises Http404."""
    organization = organization_of(request, org)
    found = _in_projects(organization, [])
    if project:
        found = found.filter(project=project_of(request, org, project))
    found = found.select_related("project").order_by("pk")
    by_slug = found.filter(slug=monitor).first()
    if by_slug is None and (monitor_id := read_id(monitor)) is not None:
        by_slug = found.filter(pk=monitor_id).first()
    if by_slug is None:
        raise Http404
    by_slug.project.organization = organization
    return by_slug


def _told(request: Request, monitor: Monitor, query: dict[str, Any]) -> Response:
    organization = monitor.project.organization
    body = _monitors_json(request, organization, [monitor], query["environment"])
    return Response(body[0])


def _monitors_json(
    request: Request,
    organization: Organization,
    monitors: Sequence[Monitor],
    environments: list[str],
) -> list[MonitorShape]:
    """The monitors with these of their environments, or with all."""
    ids = {monitor.project_id for monitor in monitors}
    listed = listed_projects(organization, user_of(request)).filter(pk__in=ids)
    projects = {project.pk: project for project in listed}
    known = MonitorEnvironment.objects.filter(monitor__in=monitors).order_by("name")
    if environments:
        known = known.filter(name__in=environments)
    of_monitor: defaultdict[int, list[MonitorEnvironment]] = defaultdict(list)
    for environment in known:
        of_monitor[environment.monitor_id].append(environment)
    return [
        monitor_json(monitor, projects[monitor.project_id], of_monitor[monitor.pk])
        for monitor in monitors
    ]
