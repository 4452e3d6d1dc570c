"""The Celery application of worker and beat."""

import os

from celery import Celery
from celery.signals import task_prerun
from django.db import close_old_connections

# Its mere import has worker and beat give signs of life.
from errtrack import heartbeat  # noqa: F401

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "errtrack.settings")

app = Celery("errtrack")
# Else other threads than this one, those of the pages, would send tasks to nowhere.
app.set_default()
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["alerts", "ingest", "issues", "monitors"])


@task_prerun.connect
def _look_after_connections(**_task: object) -> None:
    """Lets a task begin with a connection that works, as Django does for a request."""
    close_old_connections()
