"""Which room answers which path."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from errtrack import views
from projects.views.home import favicon, robots

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("projects.urls")),
    path("", include("issues.urls")),
    path("accounts/", include("projects.account_urls")),
    path("admin/", admin.site.urls),
    path("health/live", views.live, name="live"),
    path("health/ready", views.ready, name="ready"),
    path("metrics", views.show_metrics, name="metrics"),
    path("robots.txt", robots),
    path("favicon.ico", favicon),
]
