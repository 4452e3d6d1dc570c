"""The operator's look at what could not be digested."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from ingest.models import PoisonEntry


@admin.register(PoisonEntry)
class PoisonEntryAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # Not generic at run time.
    list_display = ("created_at", "project", "event_id", "tries", "reason")
    list_filter = ("project",)
    search_fields = ("event_id", "reason")
    exclude = ("body",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: PoisonEntry | None = None
    ) -> bool:
        return False
