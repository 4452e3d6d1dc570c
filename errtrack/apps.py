"""Makes the roof known to Django: its management commands and checks."""

from importlib import import_module

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import InvalidStorageError, Storage, storages

from errtrack.env import BadSetting


class ErrtrackConfig(AppConfig):
    name = "errtrack"

    def ready(self) -> None:
        _check_storage()
        # Any process may send tasks, once the settings are there.
        import_module("errtrack.celery")


def _check_storage() -> None:
    """Raises BadSetting where files of events cannot be kept as the settings say.

    A storage is made when it is first asked for: else the first file would tell.
    """
    try:
        is_storage = isinstance(storages["attachments"], Storage)
    except (ImportError, InvalidStorageError) as error:
        told = f"ERRTRACK_ATTACHMENT_STORAGE: no such storage class ({error})"
        raise BadSetting(told) from None
    except (TypeError, ValueError, ImproperlyConfigured) as error:
        told = f"ERRTRACK_ATTACHMENT_OPTIONS: the storage refuses them ({error})"
        raise BadSetting(told) from None
    if not is_storage:
        raise BadSetting("ERRTRACK_ATTACHMENT_STORAGE: this is no storage class")
