"""The Celery application of worker and beat."""

import os

from celery import Celery

# Its mere import has worker and beat give signs of life.
from errtrack import heartbeat  # noqa: F401

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "errtrack.settings")

app = Celery("errtrack")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["ingest", "issues"])
