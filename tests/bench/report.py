"""The figures as a table for people."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.latency import Waiting
from tests.bench.probes import PIPELINE
from tests.bench.run import Figures, Load

_WIDTH = 34


def table(figures: Figures) -> str:
    """All figures, a line each."""
    return "\n".join(_lines(figures))


def _lines(figures: Figures) -> Iterator[str]:
    yield f"errtrack benchmark · {figures.cores} cores · {figures.took_s:.0f} s"
    yield from _events(figures)
    yield from _throughput(figures)
    yield from _processor(figures)
    yield from _disk(figures)
    yield from _memory(figures)
    yield from _waiting(figures)
    checked = figures.checked
    yield ""
    yield (
        f"Counts: {checked['events']:,} events sent, stored and counted once each; "
        f"repair finds {checked['differences']} differences."
    )


def _events(figures: Figures) -> Iterator[str]:
    yield from _title("Events")
    for name, size in figures.sizes.items():
        yield _line(
            name,
            f"{size.json_median / 1000:.1f} KB of JSON "
            f"({size.json_smallest / 1000:.1f}-{size.json_largest / 1000:.1f}), "
            f"{size.gzip_mean / 1000:.1f} KB gzip",
        )


def _throughput(figures: Figures) -> Iterator[str]:
    ceiling, small = figures.ceiling["typical"], figures.ceiling["small"]
    yield from _title("Events a second (share of the ceiling)")
    yield _line("ceiling, typical", _rate(ceiling))
    yield _line("ceiling, small", _rate(small))
    edge, digest = figures.edge_alone, figures.digest_alone
    if edge and digest:
        yield _line("edge alone, accepted", _rate(edge.accepted_per_s, ceiling))
        yield _line("digest alone, stored", _rate(digest.stored_per_s, ceiling))
    for name, load, of in (
        ("end to end, typical", figures.typical, ceiling),
        ("end to end, small", figures.small, small),
        ("end to end, small, all new issues", figures.new_issues, small),
    ):
        if load:
            yield _line(name, _rate(load.stored_per_s, of))


def _processor(figures: Figures) -> Iterator[str]:
    yield from _title("Processor time an event, µs")
    yield _line(
        "", "    sum" + "".join(f"{name:>10}" for name in (*PIPELINE, "client"))
    )
    for name, load in (
        ("edge alone", figures.edge_alone),
        ("digest alone", figures.digest_alone),
        ("end to end, typical", figures.typical),
        ("end to end, small", figures.small),
        ("end to end, small, all new issues", figures.new_issues),
    ):
        if load:
            yield _line(name, _processor_row(load))
    costs = figures.grouping
    if costs:
        yield _line(
            "grouping: all new / new stack / seen before",
            f"{costs.first_sight_us:.0f} / {costs.new_stack_us:.0f}"
            f" / {costs.seen_before_us:.0f}",
        )


def _processor_row(load: Load) -> str:
    groups = [*(load.cpu_us[name] for name in PIPELINE), load.client_us]
    return f"{load.total_us:7.0f}" + "".join(f"{used:10.0f}" for used in groups)


def _disk(figures: Figures) -> Iterator[str]:
    yield from _title("Disk an event, bytes")
    for name, stored in figures.stored_bytes.items():
        wal = figures.wal_bytes[name]
        yield _line(name, f"{stored:7,.0f}   and {wal:,.0f} written ahead (WAL)")


def _memory(figures: Figures) -> Iterator[str]:
    yield from _title("Memory (PSS), MiB")
    names = list(figures.idle_fresh_mib)
    yield _line("", "    sum" + "".join(f"{name:>11}" for name in names))
    for name, used in (
        ("idle, fresh", figures.idle_fresh_mib),
        ("under load", figures.under_load_mib),
        ("idle, afterwards", figures.idle_after_mib),
    ):
        row = "".join(f"{used[group]:11.1f}" for group in names)
        yield _line(name, f"{sum(used.values()):7.1f}{row}")


def _waiting(figures: Figures) -> Iterator[str]:
    yield from _title("Waiting, ms (p50 / p95)")
    if figures.lone:
        yield _line("a lone event until stored", _pair(figures.lone))
    if figures.typical:
        yield _line("an answer under load", _pair(figures.typical.answers))
    issues = figures.new_issues.events if figures.new_issues else 0
    for name, waited in figures.pages.items():
        yield _line(f"list of {issues:,} issues, {name}", _pair(waited))


def _title(text: str) -> Iterator[str]:
    yield ""
    yield text


def _line(name: str, value: str) -> str:
    return f"  {name:<{_WIDTH}} {value}"


def _rate(per_s: float, ceiling: float = 0.0) -> str:
    share = f"  ({per_s / ceiling:.2f})" if ceiling else ""
    return f"{per_s:7,.0f}/s{share}"


def _pair(waited: Waiting) -> str:
    return f"{waited.p50_ms:7.1f} / {waited.p95_ms:.1f}"
