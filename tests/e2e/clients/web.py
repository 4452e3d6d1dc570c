"""What a running service tells about its issues and events, to people and programs."""

from __future__ import annotations

import http.cookiejar
import json
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlencode

from tests.e2e import service
from tests.e2e.service import EMAIL, PASSWORD, Service, wait_for

JSON = Any


@dataclass(frozen=True, slots=True)
class Told:
    """An event as the API tells it, and the issue that it is in."""

    issue: JSON
    event: JSON

    @property
    def tags(self) -> dict[str, str]:
        return {tag["key"]: tag["value"] for tag in self.event["tags"]}

    def entry(self, kind: str) -> JSON:
        """The one of the event's parts that is of this kind."""
        (found,) = (one for one in self.event["entries"] if one["type"] == kind)
        return found["data"]

    def frames(self, exception: int = -1) -> list[JSON]:
        values = self.entry("exception")["values"]
        return list(values[exception]["stacktrace"]["frames"])

    def crumbs(self) -> list[str | None]:
        return [one["message"] for one in self.entry("breadcrumbs")["values"]]


class Web:
    """A program with an API token, and a person who is signed in."""

    def __init__(self, running: Service) -> None:
        done = service.run("init", "--json", data=running.data)
        assert done.returncode == 0, done.stderr
        first = json.loads(done.stdout)
        self.url = running.url
        self.organization: str = first["organization"]
        self.token: str = first["api_token"]
        self._person = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        )
        self._fill_in(self.url, login=EMAIL, password=PASSWORD)

    def get(self, path: str, **query: str) -> JSON:
        """The API's answer; None where there is nothing."""
        url = f"{self.url}/api/0/{path}"
        request = urllib.request.Request(
            f"{url}?{urlencode(query)}" if query else url,
            headers={"Authorization": f"Bearer {self.token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise

    def put(self, path: str, change: JSON) -> JSON:
        """The API's answer to a change."""
        request = urllib.request.Request(
            f"{self.url}/api/0/{path}",
            method="PUT",
            data=json.dumps(change).encode(),
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def page(self, url: str) -> str:
        """The text that a person reads there, in the order of the page."""
        with self._person.open(url, timeout=10) as answer:
            html = answer.read().decode()
        return unescape(re.sub(r"<[^>]+>", "", html))

    def new_project(self, name: str) -> Project:
        """A project of its own for the events of one client."""
        form = f"{self.url}/o/{self.organization}/projects/new/"
        setup = self._fill_in(form, name=name, platform="python")
        slug = setup.split("/p/")[1].partition("/")[0]
        (key,) = self.get(f"projects/{self.organization}/{slug}/keys/")
        return Project(self, slug, key["dsn"]["public"])

    def _fill_in(self, url: str, **fields: str) -> str:
        """Sends the page's form; gives the address that it leads to."""
        with self._person.open(url, timeout=10) as answer:
            page, url = answer.read().decode(), answer.geturl()
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token, url
        data = urlencode({"csrfmiddlewaretoken": token.group(1), **fields}).encode()
        with self._person.open(url, data, timeout=10) as answer:
            assert answer.geturl() != url, answer.read()
            return str(answer.geturl())


@dataclass(frozen=True, slots=True)
class Project:
    """Where a client's events go."""

    web: Web
    slug: str
    dsn: str

    def issues(self) -> list[JSON]:
        """All of them, whatever their status."""
        return list(self.web.get(f"{self.path}issues/", query=""))

    def told(self, words: str, *, count: int = 1) -> Told:
        """The only issue whose title has these words, once it counts so many events."""

        def found() -> list[JSON]:
            return [one for one in self.issues() if words in one["title"]]

        wait_for(lambda: [one["count"] for one in found()] == [str(count)])
        (issue,) = found()
        latest = self.web.get(f"issues/{issue['id']}/events/latest/")
        return Told(issue, latest)

    def event(self, event_id: str) -> JSON:
        """The event, once it is there."""
        where = f"{self.path}events/{event_id}/"
        wait_for(lambda: self.web.get(where) is not None)
        return self.web.get(where)

    @property
    def path(self) -> str:
        return f"projects/{self.web.organization}/{self.slug}/"
