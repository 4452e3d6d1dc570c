"""What who runs the server can do under /admin/: look up users and bar them.

Everything else is changed on the pages, whose services keep the rules.
"""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.http import HttpRequest

from projects.models import User

# Sign-in there obeys the same limits as everywhere else.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


@admin.register(User)
class UserAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # Not generic at run time.
    list_display = ("email", "is_active", "last_login")
    search_fields = ("email", "first_name")
    fields = ("email", "first_name", "is_active", "last_login")
    readonly_fields = ("email", "last_login")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: User | None = None
    ) -> bool:
        return False
