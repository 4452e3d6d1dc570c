"""The older way for programs to say what a user reports, and the list of all of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework.parsers import FormParser
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ingest.append import StreamUnavailable
from ingest.gate import event_id_of
from ingest.items.feedback import (
    COMMENTS_CHARS,
    EMAIL_CHARS,
    NAME_CHARS,
    clean,
)
from ingest.submission import key_of, refuse_report, submit_report
from issues.api.reports import ReportQuery, UserReportShape, reports_page
from issues.reports import key_of as report_key_of
from projects.api.lookup import project_of
from projects.api.parsing import BoundedJSONParser
from projects.keys import KeyInfo
from projects.models import Project, ProjectKey
from projects.tokens import BearerAuthentication, has_scope


class NewReport(serializers.Serializer[Any]):
    """What a user says of an event, which may arrive later."""

    event_id = serializers.CharField(help_text="32 hexadecimal digits.")
    name = serializers.CharField(max_length=NAME_CHARS)
    email = serializers.EmailField(max_length=EMAIL_CHARS)
    comments = serializers.CharField(max_length=COMMENTS_CHARS)

    def validate_event_id(self, text: str) -> str:
        event_id = event_id_of(text)
        if event_id is None:
            raise serializers.ValidationError("Expected 32 hexadecimal digits.")
        return event_id


class QueueAway(APIException):
    """The report was not accepted: asking again later may help."""

    status_code = 503
    default_detail = "The event queue takes nothing now, try again in a moment"

    def __init__(self, wait_s: int) -> None:
        super().__init__()
        # For Retry-After.
        self.wait = wait_s


class DSNAuthentication(BaseAuthentication):
    """`Authorization: DSN <dsn>`; `request.auth` is the KeyInfo."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, KeyInfo] | None:
        scheme, _, dsn = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "dsn":
            return None
        key = key_of(dsn)
        if key is None:
            raise AuthenticationFailed("Invalid DSN")
        return AnonymousUser(), key


class DSNScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # Its base is not typed.
    """How the document tells of it."""

    target_class = DSNAuthentication
    name = "dsn"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "Authorization"}


class MayReport(BasePermission):
    """A DSN may send; a token may do what its scopes allow."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if isinstance(request.auth, KeyInfo):
            return request.method not in SAFE_METHODS
        needed = "event:read" if request.method in SAFE_METHODS else "event:write"
        return has_scope(request, needed)


class UserFeedbackView(APIView):
    authentication_classes = (BearerAuthentication, DSNAuthentication)
    permission_classes = (MayReport,)
    parser_classes = (BoundedJSONParser, FormParser)

    @extend_schema(
        summary="What users said about a project, the newest first",
        parameters=[ReportQuery],
        responses=list[UserReportShape],
    )
    def get(self, request: Request, org: str, project: str) -> Response:
        return reports_page(request, project_of(request, org, project))

    @extend_schema(
        summary="Say what a user reports of an event",
        description=(
            "Authorized by `DSN <dsn>` or by a token. The report is accepted, not yet "
            "stored, when it is answered."
        ),
        request=NewReport,
        responses={200: UserReportShape},
    )
    def post(self, request: Request, org: str, project: str) -> Response:
        key = _key_for(request, org, project)
        told = NewReport(data=request.data)
        if not told.is_valid():
            refuse_report(key)
            raise serializers.ValidationError(told.errors)
        fields: dict[str, str] = dict(told.validated_data)
        event_id = fields.pop("event_id")
        try:
            submit_report(key, event_id, fields)
        except StreamUnavailable as error:
            raise QueueAway(error.retry_after_s) from None
        return Response(_accepted(event_id, fields))


def _key_for(request: Request, org: str, project: str) -> KeyInfo:
    """What the report is sent under. Raises Http404."""
    if isinstance(request.auth, KeyInfo):
        _check_names(request.auth, org, project)
        return request.auth
    found = project_of(request, org, project)
    keys = ProjectKey.objects.filter(project=found, is_active=True)
    key = keys.order_by("pk").first()
    return KeyInfo(
        key_id=key.pk if key else 0,
        public_key=key.public_key if key else "",
        project_id=found.pk,
        is_active=True,
        limits=(),
    )


def _check_names(key: KeyInfo, org: str, project: str) -> None:
    """The address must mean the key's project. Raises Http404."""
    found = (
        Project.objects.select_related("organization")
        .filter(pk=key.project_id, deleted_at__isnull=True)
        .first()
    )
    if (
        found is None
        or project not in (found.slug, str(found.pk))
        or org not in (found.organization.slug, str(found.organization_id))
    ):
        raise Http404


def _accepted(event_id: str, fields: dict[str, str]) -> UserReportShape:
    """The report as it will be listed."""
    comments = clean(fields["comments"], COMMENTS_CHARS)
    return {
        "id": report_key_of(UUID(event_id), comments).hex,
        "eventID": event_id,
        "name": clean(fields["name"], NAME_CHARS),
        "email": fields["email"],
        "comments": comments,
        "dateCreated": datetime.now(UTC),
        "event": {"id": event_id, "eventID": event_id},
        "issue": None,
        "user": None,
    }
