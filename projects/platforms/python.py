"""Python and its frameworks."""

from __future__ import annotations

from projects.platforms.base import Platform, init, install, trial

_PYTHON_INSTALL = install("pip install --upgrade sentry-sdk")
_PYTHON_INIT = """
import sentry_sdk

sentry_sdk.init(
    dsn="{DSN}",
    release="my-app@1.0.0",
    environment="production",
)
"""

PYTHON = (
    Platform(
        slug="python",
        name="Python",
        family="Python",
        steps=(
            _PYTHON_INSTALL,
            init(_PYTHON_INIT, "python"),
            trial("1 / 0", "python"),
        ),
    ),
    Platform(
        slug="django",
        name="Django",
        family="Python",
        steps=(
            _PYTHON_INSTALL,
            init(_PYTHON_INIT, "python", "settings.py"),
            trial(
                """
from django.urls import path

urlpatterns += [path("errtrack-test/", lambda request: 1 / 0)]
""",
                "python",
                "urls.py",
            ),
        ),
    ),
    Platform(
        slug="flask",
        name="Flask",
        family="Python",
        steps=(
            _PYTHON_INSTALL,
            init(
                """
import sentry_sdk
from flask import Flask

sentry_sdk.init(
    dsn="{DSN}",
    release="my-app@1.0.0",
    environment="production",
)

app = Flask(__name__)
""",
                "python",
                "app.py",
            ),
            trial(
                """
@app.route("/errtrack-test")
def errtracktrial():
    return str(1 / 0)
""",
                "python",
                "app.py",
            ),
        ),
    ),
    Platform(
        slug="fastapi",
        name="FastAPI",
        family="Python",
        steps=(
            _PYTHON_INSTALL,
            init(
                """
import sentry_sdk
from fastapi import FastAPI

sentry_sdk.init(
    dsn="{DSN}",
    release="my-app@1.0.0",
    environment="production",
)

app = FastAPI()
""",
                "python",
                "main.py",
            ),
            trial(
                """
@app.get("/errtrack-test")
async def errtracktrial():
    return 1 / 0
""",
                "python",
                "main.py",
            ),
        ),
    ),
    Platform(
        slug="celery",
        name="Celery",
        family="Python",
        steps=(
            _PYTHON_INSTALL,
            init(
                """
import sentry_sdk
from celery import Celery, signals

app = Celery("tasks")


@signals.celeryd_init.connect
def start_reporting(**kwargs):
    sentry_sdk.init(
        dsn="{DSN}",
        release="my-app@1.0.0",
        environment="production",
    )
""",
                "python",
                "tasks.py",
            ),
            trial(
                """
@app.task
def errtracktrial():
    return 1 / 0
""",
                "python",
                "tasks.py",
            ),
        ),
    ),
)
