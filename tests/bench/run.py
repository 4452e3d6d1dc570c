"""The course of the benchmark: one fresh service, measured step by step."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.bench import ceiling, events, grouping, latency, load
from tests.bench.counts import Expected
from tests.bench.events import Sent, Sizes
from tests.bench.grouping import GroupingCosts
from tests.bench.latency import Visitor, Waiting
from tests.bench.load import Target
from tests.bench.probes import PIPELINE, Processes, Store
from tests.e2e import service

_EMAIL = "owner@bench.example"
_PASSWORD = "only-for-this-measurement"
# So many accepted events may wait while more are posted: a second's work or less.
_BACKLOG_EVENTS = 1_000
_SETTLE_TIMEOUT_S = 10.0
_SETTLED_CPU_S = 0.02

_MAKE_PROJECTS = """
import json
from projects.models import Organization
from projects.services import create_key, create_project, dsn_of
organization = Organization.objects.get(slug="{organization}")
dsns = {{}}
for name in {names}:
    project = create_project(organization, name=name, platform="python")
    dsns[project.slug] = dsn_of(project.keys.first() or create_key(project))
print("DSNS", json.dumps(dsns))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is sent in each step."""

    ceiling: int
    edge: int
    typical: int
    small: int
    issues: int
    lone: int
    page_views: int


FULL = Plan(
    ceiling=3_000,
    edge=4_000,
    typical=8_000,
    small=12_000,
    issues=10_000,
    lone=30,
    page_views=50,
)
QUICK = Plan(
    ceiling=300, edge=300, typical=600, small=600, issues=600, lone=5, page_views=5
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a number of events took, from the first posted to the last stored."""

    events: int
    accepted_per_s: float
    stored_per_s: float
    # Processor time of each process group, and of the load generator.
    cpu_us: dict[str, float]
    client_us: float
    answers: Waiting

    @property
    def total_us(self) -> float:
        return sum(self.cpu_us[name] for name in PIPELINE)


@dataclass(kw_only=True)
class Figures:
    """All that was measured."""

    cores: int = field(default_factory=lambda: os.cpu_count() or 1)
    sizes: dict[str, Sizes] = field(default_factory=dict)
    # Events a second.
    ceiling: dict[str, float] = field(default_factory=dict)
    lone: Waiting | None = None
    edge_alone: Load | None = None
    digest_alone: Load | None = None
    typical: Load | None = None
    small: Load | None = None
    new_issues: Load | None = None
    grouping: GroupingCosts | None = None
    stored_bytes: dict[str, float] = field(default_factory=dict)
    wal_bytes: dict[str, float] = field(default_factory=dict)
    idle_fresh_mib: dict[str, float] = field(default_factory=dict)
    under_load_mib: dict[str, float] = field(default_factory=dict)
    idle_after_mib: dict[str, float] = field(default_factory=dict)
    pages: dict[str, Waiting] = field(default_factory=dict)
    checked: dict[str, int] = field(default_factory=dict)
    took_s: float = 0.0


def measure(plan: Plan) -> Figures:
    """Everything, on a service of its own that is gone afterwards."""
    started = time.perf_counter()
    figures = Figures()
    _say("making events")
    prepared = _Prepared(plan)
    figures.sizes = {
        "typical": events.sizes(prepared.typical),
        "small": events.sizes(prepared.small),
    }
    figures.grouping = grouping.measure(prepared.typical)
    with tempfile.TemporaryDirectory(prefix="errtrack-bench-") as folder:
        data = Path(folder) / "data"
        owner = {"ERRTRACK_OWNER_EMAIL": _EMAIL, "ERRTRACK_OWNER_PASSWORD": _PASSWORD}
        _say("starting the service")
        with service.started(data, env=owner) as running:
            _Course(plan, prepared, running, figures).run()
    figures.took_s = time.perf_counter() - started
    return figures


class _Prepared:
    """The events of every step."""

    def __init__(self, plan: Plan) -> None:
        typical, small = events.Typical(seed=1), events.Small(seed=2)
        self.edge = typical.make(plan.edge)
        self.typical = typical.make(plan.typical)
        self.lone = typical.make(plan.lone)
        self.ceiling = typical.make(plan.ceiling)
        self.small = small.make(plan.small)
        self.ceiling_small = small.make(plan.ceiling)
        self.issues = small.make(plan.issues, signatures=plan.issues)


class _Course:
    """The steps, in an order in which none disturbs the next."""

    def __init__(
        self,
        plan: Plan,
        prepared: _Prepared,
        running: service.Service,
        figures: Figures,
    ) -> None:
        self._plan = plan
        self._prepared = prepared
        self._data = running.data
        self._figures = figures
        self._processes = Processes(running.process.pid, running.data)
        self._store = Store(running.data)
        first = json.loads(self._command("init", "--json"))
        self._organization = first["organization"]
        self._typical = Target.of(first["dsn"])
        others = self._make_projects("small", "many")
        self._small, self._many = Target.of(others["small"]), Target.of(others["many"])

    def run(self) -> None:
        figures, prepared = self._figures, self._prepared
        self._settle()
        figures.idle_fresh_mib = self._processes.pss_mib()
        before = self._ceiling()
        self._measure_typical()
        after = self._ceiling()
        figures.ceiling = {name: (before[name] + after[name]) / 2 for name in before}
        with self._weighing("small", len(prepared.small)):
            figures.small = self._load("small events", self._small, prepared.small)
        with self._weighing("new issue", len(prepared.issues)):
            figures.new_issues = self._load("new issues", self._many, prepared.issues)
        self._measure_pages()
        self._check_counts()
        self._settle()
        figures.idle_after_mib = self._processes.pss_mib()
        self._store.close()

    def _ceiling(self) -> dict[str, float]:
        """Events a second; measured twice, lest a neighbour of the moment decides."""
        _say("measuring the ceiling")
        prepared, url = self._prepared, self._store.url
        return {
            "typical": ceiling.measure(prepared.ceiling, url),
            "small": ceiling.measure(prepared.ceiling_small, url),
        }

    def _measure_typical(self) -> None:
        figures, prepared = self._figures, self._prepared
        sent = len(prepared.edge) + len(prepared.typical) + len(prepared.lone)
        with self._weighing("typical", sent):
            self._measure_halves()
            figures.typical = self._load(
                "typical events", self._typical, prepared.typical
            )
            _say("lone events")
            figures.lone = latency.lone_events(
                self._typical, prepared.lone, self._store
            )

    def _measure_halves(self) -> None:
        """The edge while the worker stands still, then the worker alone."""
        _say("edge alone, then digest alone")
        sent = self._prepared.edge
        with self._processes.paused("worker", "beat"):
            before = self._processes.cpu_s()
            posted, client_us = _post(self._typical, sent)
            self._figures.edge_alone = self._result(
                sent, posted, client_us, before, elapsed_s=posted.elapsed_s
            )
            before = self._processes.cpu_s()
            started = time.perf_counter()
        self._store.wait_until_digested()
        elapsed_s = time.perf_counter() - started
        self._figures.digest_alone = self._result(
            sent, posted, 0.0, before, elapsed_s=elapsed_s
        )

    def _load(self, what: str, target: Target, sent: list[Sent]) -> Load:
        """Posts with a bounded backlog, and waits until all is stored."""
        _say(f"{what}, end to end")
        before = self._processes.cpu_s()
        started = time.perf_counter()
        is_half_way = False

        def gate(taken: int) -> int:
            nonlocal is_half_way
            if taken > len(sent) / 2 and not is_half_way:
                is_half_way = True
                self._figures.under_load_mib = self._processes.pss_mib()
            return taken + max(0, _BACKLOG_EVENTS - self._store.waiting())

        posted, client_us = _post(target, sent, gate)
        self._store.wait_until_digested()
        elapsed_s = time.perf_counter() - started
        return self._result(sent, posted, client_us, before, elapsed_s=elapsed_s)

    def _result(
        self,
        sent: list[Sent],
        posted: load.Posted,
        client_us: float,
        before: dict[str, float],
        *,
        elapsed_s: float,
    ) -> Load:
        after = self._processes.cpu_s()
        return Load(
            events=len(sent),
            accepted_per_s=len(sent) / posted.elapsed_s,
            stored_per_s=len(sent) / elapsed_s,
            cpu_us={
                name: (after[name] - before[name]) * 1e6 / len(sent) for name in after
            },
            client_us=client_us,
            answers=Waiting.of(posted.answer_s),
        )

    @contextmanager
    def _weighing(self, what: str, count: int) -> Iterator[None]:
        before = self._store.disk()
        yield
        after = self._store.disk()
        self._figures.stored_bytes[what] = (after.relations - before.relations) / count
        self._figures.wal_bytes[what] = (after.wal - before.wal) / count

    def _measure_pages(self) -> None:
        _say("list of issues")
        visitor = Visitor(self._many, _EMAIL, _PASSWORD)
        path = f"/o/{self._organization}/p/many/"
        for name, query in (
            ("newest first", ""),
            ("by events", "?sort=events"),
            ("by users", "?sort=users"),
            ("text search", "?query=is%3Aunresolved+step00042"),
        ):
            self._figures.pages[name] = visitor.time(
                path + query, count=self._plan.page_views
            )
        visitor.close()

    def _check_counts(self) -> None:
        _say("checking every count")
        prepared = self._prepared
        typical = [*prepared.edge, *prepared.typical, *prepared.lone]
        checked = self._figures.checked
        for target, sent in (
            (self._typical, typical),
            (self._small, prepared.small),
            (self._many, prepared.issues),
        ):
            Expected.of(sent).check(self._store, target.project_id)
            checked["events"] = checked.get("events", 0) + len(sent)
        report = json.loads(self._command("repair", "--dry-run", "--json"))
        assert report["differences"] == 0, report
        checked["differences"] = report["differences"]

    def _settle(self) -> None:
        """Waits until the service has nothing to do."""
        deadline = time.monotonic() + _SETTLE_TIMEOUT_S
        is_busy = True
        while is_busy and time.monotonic() < deadline:
            before = sum(self._processes.cpu_s().values())
            time.sleep(0.5)
            is_busy = sum(self._processes.cpu_s().values()) - before > _SETTLED_CPU_S

    def _make_projects(self, *names: str) -> dict[str, str]:
        """Their DSNs by slug."""
        program = _MAKE_PROJECTS.format(organization=self._organization, names=names)
        said = self._command("shell", "--no-imports", "--command", program)
        line = next(line for line in said.splitlines() if line.startswith("DSNS "))
        dsns: dict[str, str] = json.loads(line.removeprefix("DSNS "))
        return dsns

    def _command(self, *arguments: str) -> str:
        done = service.run(*arguments, data=self._data)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout


def _post(
    target: Target, sent: list[Sent], gate: Callable[[int], int] | None = None
) -> tuple[load.Posted, float]:
    """Also the load generator's own processor time, in microseconds an event."""
    own = psutil.Process()
    before = own.cpu_times()
    posted = load.post(target, sent, gate)
    after = own.cpu_times()
    used_s = after.user + after.system - before.user - before.system
    return posted, used_s * 1e6 / len(sent)


def _say(text: str) -> None:
    sys.stderr.write(f"bench: {text} …\n")
