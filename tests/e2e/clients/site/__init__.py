"""A web shop with the client of the browser in it, and a tunnel for its events."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

_FOLDER = Path(__file__).parent
_TYPES = {".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript"}
# What @sentry/browser is made of: a bundler would find these by itself.
_PACKAGES = (
    "@sentry/browser",
    "@sentry/browser-utils",
    "@sentry/conventions",
    "@sentry/core",
    "@sentry/feedback",
    "@sentry/replay",
    "@sentry/replay-canvas",
    "web-vitals",
)


class Site(ThreadingHTTPServer):
    """Serves the shop; `tunnel` is where its own address for events leads to."""

    daemon_threads = True

    def __init__(self, modules: Path, tunnel: str, policy: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.modules = modules
        self.tunnel = tunnel
        # The content security policy of the strict page.
        self.policy = policy
        self.import_map = json.dumps({"imports": _imports(modules)})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def served(modules: Path, *, tunnel: str, policy: str) -> Iterator[Site]:
    """The site, on a port of the kernel's choice."""
    site = Site(modules, tunnel, policy)
    thread = threading.Thread(target=site.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield site
    finally:
        site.shutdown()
        site.server_close()
        thread.join()


def _imports(modules: Path) -> dict[str, str]:
    """Where each name that the packages import stands, by what they say."""
    found: dict[str, str] = {}
    for package in _PACKAGES:
        told = json.loads((modules / package / "package.json").read_text())
        for name, targets in told["exports"].items():
            file = _module_of(targets)
            if file and file.endswith(("js", "mjs")):
                path = f"{package}/{name}".removesuffix("/.").replace("/./", "/")
                found[path] = f"/modules/{package}/{file.removeprefix('./')}"
    return found


def _module_of(targets: object) -> str | None:
    """The file that a browser's bundler would take."""
    if isinstance(targets, dict):
        for condition in ("production", "import", "default"):
            if condition in targets:
                return _module_of(targets[condition])
    return targets if isinstance(targets, str) else None


class _Handler(BaseHTTPRequestHandler):
    server: Site
    # The client is made of hundreds of modules: they share their connections.
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        root = self.server.modules if path.startswith("/modules/") else _FOLDER
        file = root / path.removeprefix("/modules/").lstrip("/")
        if ".." in path or not file.is_file():
            self._answer(404, b"", "text/plain")
            return
        body = file.read_bytes()
        body = body.replace(b"IMPORT_MAP", self.server.import_map.encode())
        self._answer(200, body, _TYPES[file.suffix])

    def do_POST(self) -> None:
        """Passes an envelope on, and says nothing of its sender."""
        envelope = self.rfile.read(int(self.headers["Content-Length"]))
        request = urllib.request.Request(self.server.tunnel, data=envelope)
        with urllib.request.urlopen(request, timeout=10) as answer:
            self._answer(answer.status, answer.read(), "application/json")

    def log_message(self, format: str, *args: object) -> None:
        """Tests are quiet."""

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if "strict" in self.path:
            self.send_header("Content-Security-Policy", self.server.policy)
        self.end_headers()
        self.wfile.write(body)
