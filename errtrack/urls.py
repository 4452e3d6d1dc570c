"""Which room answers which path."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from errtrack import statuspage, views
from errtrack.apidocs import openapi
from projects.api.errors import not_found
from projects.views.home import favicon, robots

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("projects.urls")),
    path("", include("issues.urls")),
    path("", include("releases.urls")),
    path("", include("monitors.urls")),
    path("", include("ingest.urls")),
    path("", include("alerts.urls")),
    path("api/0/", include("projects.api.urls")),
    path("api/0/", include("issues.api.urls")),
    path("api/0/", include("releases.api.urls")),
    path("api/0/", include("monitors.api.urls")),
    path("api/0/", include("ingest.api.urls")),
    path("api/0/", include("alerts.api.urls")),
    path("api/0/openapi.json", openapi, name="openapi"),
    # Clients of the API read JSON only, also where there is nothing.
    re_path("^api/", not_found),
    path("accounts/", include("projects.account_urls")),
    path("admin/", admin.site.urls),
    path("health/live", views.live, name="live"),
    path("health/ready", views.ready, name="ready"),
    path("metrics", views.show_metrics, name="metrics"),
    path("status/", statuspage.show, name="status"),
    path("robots.txt", robots),
    path("favicon.ico", favicon),
    path("", include("issues.linkurls")),
]

handler400 = "projects.api.errors.bad_request"
handler500 = "projects.api.errors.server_error"
