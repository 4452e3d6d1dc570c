"""What the files of native crashes tell, whoever wrote them."""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Callable

import msgspec
import orjson
import pytest
import zstandard

from ingest.crashes import unreal
from ingest.crashes.completion import complete
from ingest.crashes.minidump import NotAMinidump, read_minidump
from ingest.crashes.reasons import explanation_of, name_of, place_of
from ingest.envelope import Item
from tests.crashfiles import (
    CONTEXT,
    GAME,
    LINUX,
    elf_identity,
    make_minidump,
    make_unreal_report,
    pdb_identity,
)


def attachment(kind: str, data: bytes, name: str = "file") -> Item:
    headers = {"type": "attachment", "filename": name, "attachment_type": kind}
    return Item(headers, memoryview(data))


def event(**fields: object) -> Item:
    return Item({"type": "event"}, memoryview(orjson.dumps(fields)))


def told(*items: Item) -> dict[str, object]:
    """The event among the completed items."""
    first = complete(list(items))[0]
    assert first.type == "event"
    tree: dict[str, object] = orjson.loads(first.payload)
    return tree


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_dump_tells_system_crash_and_modules(order: str) -> None:
    dump = read_minidump(make_minidump(order=order))
    assert (dump.system, dump.system_version) == ("Windows", "10.0.19045")
    assert (dump.system_build, dump.architecture) == ("Service Pack 1", "x86_64")
    assert [(module.name, module.code_id) for module in dump.modules] == [
        (GAME, "5ab3807710000")
    ]
    assert name_of(dump) == "EXCEPTION_ACCESS_VIOLATION"
    assert explanation_of(dump) == "write of 0x10 at game.exe+0x1234"


def test_a_signal_is_told_by_its_name_and_the_threads_place() -> None:
    modules = [("/usr/bin/game", 0x400000, 0x1000, elf_identity())]
    data = make_minidump(
        platform=LINUX, code=11, address=0, instruction=0x400123, modules=modules
    )
    dump = read_minidump(data)
    assert (name_of(dump), place_of(dump)) == ("SIGSEGV", "game+0x123")
    assert dump.modules[0].code_id == bytes(range(20)).hex()
    assert dump.modules[0].debug_id == "03020100-0504-0706-0809-0a0b0c0d0e0f"


def test_symbols_are_named_as_windows_names_them() -> None:
    modules = [(GAME, 0, 0x10, pdb_identity("game.pdb"))]
    module = read_minidump(make_minidump(modules=modules)).modules[0]
    assert module.debug_id == "03020100-0504-0706-0809-0a0b0c0d0e0f-a"
    assert module.debug_name == "game.pdb"


def test_a_dump_without_a_crash_and_one_with_an_unknown_code() -> None:
    assert name_of(read_minidump(make_minidump(has_crash=False))) == "Minidump"
    unknown = read_minidump(make_minidump(code=0xE0000001))
    assert name_of(unknown) == "Exception 0xe0000001"


def test_no_damage_to_a_dump_is_fatal() -> None:
    """Cut anywhere, and with any of its bytes replaced, it is read or refused."""
    whole = make_minidump()
    rng = random.Random(3)
    for size in range(0, len(whole), 7):
        _read(whole[:size])
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(8):
            data[rng.randrange(4, len(data))] = rng.choice((0, 1, 127, 255))
        _read(bytes(data))


def _read(data: bytes) -> None:
    try:
        dump = read_minidump(data)
    except NotAMinidump:
        return
    explanation_of(dump)


def test_a_dump_becomes_a_fatal_event_beside_its_file() -> None:
    items = complete([attachment("event.minidump", make_minidump())])
    assert [item.type for item in items] == ["event", "attachment"]
    tree = orjson.loads(items[0].payload)
    assert (tree["level"], tree["platform"]) == ("fatal", "native")
    (exception,) = tree["exception"]["values"]
    assert exception["type"] == "EXCEPTION_ACCESS_VIOLATION"
    assert tree["culprit"] == "game.exe+0x1234"
    assert tree["debug_meta"]["images"][0]["code_file"] == GAME


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_compressed_dump_is_kept_inflated(pack: Callable[[bytes], bytes]) -> None:
    plain = make_minidump()
    items = complete([attachment("event.minidump", pack(plain))])
    assert bytes(items[1].payload) == plain
    assert items[0].type == "event"


def test_a_dump_completes_the_event_that_came_with_it() -> None:
    sent = event(level="error", release="game@1", contexts={"os": {"name": "Wine"}})
    tree = told(sent, attachment("event.minidump", make_minidump()))
    assert (tree["level"], tree["release"]) == ("error", "game@1")
    assert tree["contexts"] == {
        "os": {"name": "Wine", "version": "10.0.19045", "build": "Service Pack 1"},
        "device": {"arch": "x86_64"},
    }
    assert "exception" in tree


def test_an_events_own_exception_is_left_alone() -> None:
    own = {"values": [{"type": "Boom"}]}
    tree = told(event(exception=own), attachment("event.minidump", make_minidump()))
    assert tree["exception"] == own


def test_what_is_no_dump_makes_no_event() -> None:
    items = [attachment("event.minidump", b"MDMP"), attachment("event.minidump", b"?")]
    assert complete(items) == items
    bomb = attachment("event.minidump", gzip.compress(bytes(2**20)))
    assert [item.type for item in complete([bomb])] == ["attachment"]


def test_ordinary_envelopes_are_left_as_they_are() -> None:
    for items in (
        [event(message="hello")],
        [event(message="hello"), attachment("event.attachment", b"x")],
        [Item({"type": "attachment"}, memoryview(b"x"))],
    ):
        assert complete(items) is items


def test_parts_of_crash_handlers_are_put_into_the_event() -> None:
    payload = msgspec.msgpack.encode({"release": "game@2", "breadcrumbs": [{"m": 0}]})
    crumbs = b"".join(msgspec.msgpack.encode({"message": str(n)}) for n in range(20))
    again = msgspec.msgpack.encode([{"message": "last"}])
    items = complete(
        [
            attachment("event.payload", payload),
            attachment("event.breadcrumbs", crumbs),
            attachment("event.breadcrumbs", again),
            attachment("event.minidump", make_minidump()),
        ]
    )
    assert [item.headers.get("attachment_type") for item in items] == [
        None,
        "event.minidump",
    ]
    tree = orjson.loads(items[0].payload)
    assert tree["release"] == "game@2"
    assert len(tree["breadcrumbs"]["values"]) == 22
    assert tree["level"] == "fatal"


@pytest.mark.parametrize(
    "data",
    [
        *(b"\xdd\xff\xff\xff\xff", b"\x81", b"\xc1", b"\xa5ab", b"\x91" * 5000),
        # The last one: an extension, which JSON does not have.
        *(b"\xdf", b"\xd4{N<"),
    ],
)
def test_broken_parts_are_left_out(data: bytes) -> None:
    tree = told(event(message="hello"), attachment("event.payload", data))
    assert tree == {"message": "hello"}


def test_an_event_of_any_depth_is_completed() -> None:
    deep = Item(
        {"type": "event"}, memoryview(b'{"x":' + b"[" * 900 + b"]" * 900 + b"}")
    )
    assert "x" in told(deep, attachment("event.payload", b"\x81\xa1a\x01"))


def test_a_form_tells_of_the_event() -> None:
    pairs = [
        ["sentry__2", '"eu"}}'],
        ["sentry__1", '{"release": "a", "tags": {"region": '],
        ["sentry[user][id]", "7"],
        ["comment", "slow"],
        ["broken"],
    ]
    form = Item({"type": "form_data"}, memoryview(orjson.dumps(pairs)))
    items = complete([form, attachment("event.minidump", make_minidump())])
    assert [item.type for item in items] == ["event", "attachment"]
    tree = orjson.loads(items[0].payload)
    assert tree["tags"] == {"region": "eu"}
    assert tree["user"] == {"id": "7"}
    assert tree["extra"] == {"comment": "slow"}
    assert tree["exception"]


@pytest.mark.parametrize("engine", [4, 5])
def test_a_report_of_unreal_is_taken_apart(engine: int) -> None:
    files = {
        "CrashContext.runtime-xml": CONTEXT,
        "UE4Minidump.dmp": make_minidump(),
        "Shop.log": b"log",
        "settings.ini": b"[a]",
    }
    report = Item(
        {"type": "unreal_report"}, memoryview(make_unreal_report(files, engine=engine))
    )
    first, *rest = complete([report])
    tree = orjson.loads(first.payload)
    (exception,) = tree["exception"]["values"]
    assert exception["type"] == "Assert"
    assert exception["value"] == "Assertion failed: Health > 0"
    assert tree["tags"] == {"mode": "coop", "unreal.crash_type": "Assert"}
    assert (tree["release"], tree["level"]) == ("shop@2", "fatal")
    assert tree["user"] == {"id": "ab12", "username": "ann"}
    assert tree["contexts"]["unreal"]["EngineVersion"] == "5.3.2-29314046"
    assert tree["extra"] == {"Level": "Castle"}
    assert tree["debug_meta"]["images"]
    kinds = [item.headers.get("attachment_type", item.type) for item in rest]
    assert sorted(kinds) == [
        "event.attachment",
        "event.minidump",
        "unreal.context",
        "unreal.logs",
        "user_report",
    ]
    said = next(item for item in rest if item.type == "user_report")
    assert orjson.loads(said.payload)["comments"] == "I opened the door"


def test_a_broken_report_of_unreal_is_left_to_be_refused() -> None:
    whole = zlib.decompress(make_unreal_report({"a.log": b"x" * 50}))
    for data in (b"", b"CR1", zlib.compress(b"CR1"), zlib.compress(whole[:-20])):
        item = Item({"type": "unreal_report"}, memoryview(data))
        assert complete([item]) == [item]


def test_a_report_beyond_its_bound_is_refused() -> None:
    with pytest.raises(unreal.NotAReport):
        unreal.read_report(make_unreal_report({"a": bytes(10_000)}), max_bytes=9_000)


@pytest.mark.parametrize(
    "xml",
    [
        b'<!DOCTYPE a [<!ENTITY b "ha">]><a><s><x>&b;</x></s></a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b"<a>" * 50 + b"</a>" * 50,
        b"<a><s>" + b"<x/>" * 6000 + b"</s></a>",
        b"<a><s><x>1</x>",
        b"\xff\xfe\x00",
        b'<?xml version="1.0" encoding="UTF-T"?><a/>',
        b'<?xml version="1.0" encoding="gb18030"?><a/>',
        b"",
    ],
)
def test_a_context_that_is_no_plain_xml_tells_nothing(xml: bytes) -> None:
    assert unreal.read_context(xml) == {}


def test_a_crash_report_of_apple_is_told_by_its_head() -> None:
    report = (
        b"Incident Identifier: 1\nHardware Model: Mac14,2\nOS Version: macOS 14.1\n"
        b"Exception Type:  EXC_CRASH (SIGABRT)\nException Codes: 0x0\n"
    )
    tree = told(attachment("event.applecrashreport", report))
    assert tree["exception"] == {
        "values": [
            {
                "type": "EXC_CRASH (SIGABRT)",
                "value": "0x0",
                "mechanism": {"type": "applecrashreport", "handled": False},
            }
        ]
    }
    assert tree["contexts"] == {
        "os": {"name": "macOS", "version": "14.1"},
        "device": {"model": "Mac14,2"},
    }
