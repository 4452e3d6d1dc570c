"""Addresses of this room's pages."""

from __future__ import annotations

from django.urls import path

from alerts import views

app_name = "alerts"

urlpatterns = [
    path("profile/notifications/", views.notifications, name="notifications"),
    # Of mails: the token is all that it takes.
    path("notifications/stop/<str:token>/", views.stop, name="stop"),
]
