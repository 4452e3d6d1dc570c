"""A storage that cannot be used is noticed when a process starts."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from pytest_django import Settings

from errtrack.env import BadSetting

FILES = "django.core.files.storage.FileSystemStorage"


def start(settings: Settings, storage: str, **options: Any) -> None:
    kept = {"BACKEND": storage, "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "attachments": kept}
    apps.get_app_config("errtrack").ready()


@pytest.mark.parametrize(
    "storage", ["no.such.Storage", "django.core.files.Nope", "plain", "pathlib.Path"]
)
def test_what_is_no_storage_class_ends_the_start(
    settings: Settings, storage: str
) -> None:
    with pytest.raises(BadSetting, match="ERRTRACK_ATTACHMENT_STORAGE: "):
        start(settings, storage)


def test_options_that_the_storage_does_not_know_end_the_start(
    settings: Settings,
) -> None:
    with pytest.raises(BadSetting, match=r"_OPTIONS: .*locaton"):
        start(settings, FILES, locaton="/srv/files")


def test_a_storage_that_there_is_starts(settings: Settings) -> None:
    start(settings, FILES, location="/srv/files")
