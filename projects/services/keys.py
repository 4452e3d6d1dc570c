"""Changes to project keys; the edge learns of each once it is committed."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from projects.keys import publish_key, publish_keys
from projects.models import Project, ProjectKey


def create_key(project: Project, *, label: str = "Default") -> ProjectKey:
    with transaction.atomic():
        key = ProjectKey.objects.create(project=project, label=label)
        _publish(key)
    return key


def enable_key(key: ProjectKey) -> None:
    _set_active(key, is_active=True)


def disable_key(key: ProjectKey) -> None:
    """The edge refuses the key's events from now on."""
    _set_active(key, is_active=False)


def rename_key(key: ProjectKey, *, label: str) -> None:
    key.label = label
    key.save(update_fields=["label"])


def rotate_key(key: ProjectKey) -> ProjectKey:
    """A new key with the old one's label and limit; the old one is disabled.

    It is not deleted: should a forgotten client still use it, enabling it again
    brings that client back.
    """
    with transaction.atomic():
        disable_key(key)
        new = ProjectKey.objects.create(
            project=key.project,
            label=key.label,
            rate_limit_count=key.rate_limit_count,
            rate_limit_window_s=key.rate_limit_window_s,
        )
        _publish(new)
    return new


def delete_key(key: ProjectKey) -> None:
    with transaction.atomic():
        _publish(key)
        key.delete()


def dsn_of(key: ProjectKey) -> str:
    """What an SDK is configured with: where to send, and signed by which key."""
    base = urlsplit(settings.PUBLIC_URL)
    path = f"{base.path.rstrip('/')}/{key.project_id}"
    return f"{base.scheme}://{key.public_key}@{base.netloc}{path}"


def _set_active(key: ProjectKey, *, is_active: bool) -> None:
    with transaction.atomic():
        key.is_active = is_active
        key.save(update_fields=["is_active"])
        _publish(key)


def _publish(key: ProjectKey) -> None:
    transaction.on_commit(partial(publish_key, key.public_key))


def publish_later(keys: QuerySet[ProjectKey]) -> None:
    """Tells the edge of these once the transaction has committed."""
    transaction.on_commit(partial(publish_keys, keys))
