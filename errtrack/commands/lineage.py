"""Whether this errtrack can go on with a database, told by its migrations."""

from django.db import connection
from django.db.migrations.loader import MigrationLoader

from errtrack.errors import OperatorError

_FIRST = ("issues", "0001_initial")
# Events that were stored before it have another form, and no release counts them.
_READABLE_SINCE = ("releases", "0001_initial")


def check() -> None:
    """Raises OperatorError for the database of a newer errtrack, or of a first draft.

    Older ones are migrated; an empty one is, too.
    """
    loader = MigrationLoader(connection)
    applied = loader.applied_migrations.keys()
    if _FIRST in applied and _READABLE_SINCE not in applied:
        raise OperatorError(
            "The database was made by an early draft of errtrack, whose events cannot "
            "be read any more: choose another folder with --data, or another "
            "DATABASE_URL."
        )
    unknown = sorted(
        f"{app}.{name}"
        for app, name in applied - loader.disk_migrations.keys()
        if app in loader.migrated_apps
    )
    if unknown:
        raise OperatorError(
            f"The database was made by a newer errtrack (it has {unknown[-1]}): "
            "install that one, or choose another folder with --data or another "
            "DATABASE_URL."
        )
