"""Where the API tells what people are mailed."""

from __future__ import annotations

from django.urls import path

from alerts.api.notifications import NotificationsView

urlpatterns = [path("users/me/notifications/", NotificationsView.as_view())]
