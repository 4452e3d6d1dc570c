"""How long pages and searches of a project with many issues and events take.

`python -m tests.bench.scale` makes a database of its own (100,000 issues, five million
events of a month: ten minutes and 6 GB), and asks for pages by Django's test client, in
this process: server time without HTTP. BENCH_DATA names a folder that is kept, for
runs that compare.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import django


def main() -> None:
    options = _options()
    data = Path(os.environ.get("BENCH_DATA") or tempfile.mkdtemp(prefix="scale-"))
    data.mkdir(exist_ok=True)
    from errtrack.embedded import addresses, servers
    from errtrack.embedded.postgres import Postgres
    from errtrack.embedded.valkey import Valkey

    os.environ["DATABASE_URL"] = addresses.database_url(data)
    os.environ["REDIS_URL"] = addresses.redis_url(data)
    os.environ["ERRTRACK_DATA"] = str(data)
    os.environ["DJANGO_SETTINGS_MODULE"] = "errtrack.settings"
    django.setup()
    from errtrack.staticfiles import collect_if_changed

    collect_if_changed()
    with servers.running(data, [Postgres, Valkey]):
        from tests.bench.scale import pages, searches
        from tests.bench.scale.data import Size, fill

        fill(Size(issues=options.issues, events=options.events))
        for part in (pages, searches):
            if options.only in (None, part.__name__.rpartition(".")[2]):
                for line in part.report(options.matching):
                    sys.stdout.write(line + "\n")
                    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.scale", description=__doc__
    )
    parser.add_argument("--issues", type=int, default=100_000)
    parser.add_argument("--events", type=int, default=5_000_000)
    parser.add_argument("--only", choices=("pages", "searches"))
    parser.add_argument("--matching", default="", help="only what has this in its name")
    return parser.parse_args()


if __name__ == "__main__":
    main()
