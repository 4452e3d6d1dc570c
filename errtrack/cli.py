"""The command line: `errtrack up` and its relatives, and every Django command."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from importlib.metadata import version
from pathlib import Path

from errtrack import env
from errtrack.errors import OperatorError

# Imports stand inside the functions below so that `--help` and a wrong argument
# are answered at once.

_DEFAULT_BIND = "127.0.0.1:8000"
# Django's commands that need no servers.
_SERVERLESS = {
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "version",
}
_EPILOG = """
commands on the stored data:
  repair [--dry-run] [--json]
                     recompute every derived figure and mend what differs
  cleanup            drop what is past its retention
  poison list|show|retry|drop [--json]
                     what could not be digested, and what to do about it

Every Django command works too, such as `errtrack migrate`; `errtrack help` lists
them. Each command takes --data DIR (or ERRTRACK_DATA), by default ./data, and uses
the private servers there unless DATABASE_URL and REDIS_URL name others.
"""
_DATA = (
    "--data DIR (or ERRTRACK_DATA) says where the data is, by default in ./data. All "
    "settings: docs/settings.md."
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command; says in one sentence what only the operator can mend."""
    data, rest = _take_data_folder(sys.argv[1:] if arguments is None else arguments)
    os.environ["ERRTRACK_DATA"] = str(data)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "errtrack.settings")
    try:
        _run(data, rest)
    except OperatorError as error:
        sys.exit(f"errtrack: {error}")
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        sys.exit(f"errtrack: The disk is full: {error}.")
    except KeyboardInterrupt:
        sys.exit(130)


def _take_data_folder(arguments: Sequence[str]) -> tuple[Path, list[str]]:
    """The data folder, and the arguments without it, wherever it stood."""
    parser = argparse.ArgumentParser(
        prog="errtrack", add_help=False, allow_abbrev=False
    )
    parser.add_argument("--data", default=env.text("ERRTRACK_DATA", "data"))
    found, rest = parser.parse_known_args(arguments)
    return Path(found.data).expanduser().resolve(), rest


def _run(data: Path, arguments: list[str]) -> None:
    parser, ours = _parser()
    if arguments and not arguments[0].startswith("-") and arguments[0] not in ours:
        _run_django(data, arguments)
        return
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return
    _run_ours(data, options)


def _parser() -> tuple[argparse.ArgumentParser, set[str]]:
    """The parser of our own commands, and their names."""
    parser = argparse.ArgumentParser(
        prog="errtrack",
        description="Self-hosted error tracking for the Sentry SDKs.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version", action="version", version=f"errtrack {version('errtrack')}"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def command_of(name: str, told: str) -> argparse.ArgumentParser:
        """A command whose own help says the same, and where its data is."""
        description = f"{told[0].upper()}{told[1:]}."
        return commands.add_parser(
            name, help=told, description=description, epilog=_DATA
        )

    up = command_of("up", "run everything under one supervisor")
    web = command_of("web", "run the web process alone")
    for command in (up, web):
        command.add_argument(
            "--bind",
            metavar="HOST:PORT",
            default=env.text("ERRTRACK_BIND", _DEFAULT_BIND),
            help="where to listen (default: %(default)s)",
        )
    command_of("worker", "run the worker alone")
    command_of("beat", "run the clock of recurring tasks alone")
    init = command_of("init", "migrate, make the first project, say where to start")
    init.add_argument("--json", action="store_true", help="print one JSON object")
    test = command_of("send-test-event", "send an event and print its id")
    test.add_argument("--dsn", help="where to (default: the first project)")
    return parser, set(commands.choices)


def _run_ours(data: Path, options: argparse.Namespace) -> None:
    match options.command:
        case "up":
            from errtrack.commands.up import up

            up(data, options.bind)
        case "init":
            from errtrack.commands.init import init

            init(data, as_json=options.json)
        case "send-test-event":
            from errtrack.commands.testevent import send_test_event

            send_test_event(data, options.dsn)
        case "web" | "worker" | "beat":
            from errtrack.commands import single

            single.run(options.command, data, getattr(options, "bind", ""))


def _run_django(data: Path, arguments: list[str]) -> None:
    from django.core.management import execute_from_command_line

    from errtrack.commands.access import available_servers

    with available_servers(data) if _needs_servers(data, arguments) else nullcontext():
        execute_from_command_line(["errtrack", *arguments])


def _needs_servers(data: Path, arguments: list[str]) -> bool:
    """Whether the arguments name a command that works on stored data."""
    if arguments[0] in _SERVERLESS or {"-h", "--help"} & set(arguments):
        return False
    import django
    from django.core.management import get_commands

    from errtrack.commands.access import prepare

    # The settings take the secret key and the service's address from there.
    prepare(data)
    django.setup()
    return arguments[0] in get_commands()
