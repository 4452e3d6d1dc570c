"""The Celery application of worker and beat."""

import os

from celery import Celery
from celery.signals import worker_ready

from errtrack import heartbeat

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "errtrack.settings")

app = Celery("errtrack")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["ingest", "issues"])
worker_ready.connect(heartbeat.start)
