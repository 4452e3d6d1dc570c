"""What an event says of a crash, from the files that came with it."""

from __future__ import annotations

from typing import Any

from ingest.crashes.minidump import Minidump, Module
from ingest.crashes.reasons import (
    explanation_of,
    instruction_of,
    name_of,
    place_of,
)
from ingest.crashes.unreal import Context

JSON = dict[str, Any]

# As many as an event has room for.
_IMAGES_MAX = 500

_IMAGE_TYPES = {"Windows": "pe", "macOS": "macho", "iOS": "macho"}

# The context file's names of what an event has a place for.
_DEVICE = {
    "MachineId": "machine_id",
    "MemoryStats.TotalPhysical": "memory_size",
    "Misc.CPUBrand": "cpu_description",
}
_UNREAL_VALUE_CHARS = 500


def event_of_dump(dump: Minidump) -> JSON:
    """A fatal event with the reason, the place and the modules of the dump."""
    event: JSON = {"level": "fatal", "platform": "native"}
    if dump.timestamp:
        event["timestamp"] = dump.timestamp
    event["exception"] = {"values": [_exception(dump)]}
    if place := place_of(dump):
        event["culprit"] = place
        # Without symbols no more is known of what crashed.
        event["fingerprint"] = ["{{ default }}", place]
    event["contexts"] = _contexts(dump)
    kind = _IMAGE_TYPES.get(dump.system, "elf")
    images = [_image(module, kind) for module in dump.modules[:_IMAGES_MAX]]
    if images:
        event["debug_meta"] = {"images": images}
    return event


def _exception(dump: Minidump) -> JSON:
    exception: JSON = {
        "type": name_of(dump),
        "value": explanation_of(dump),
        "mechanism": {"type": "minidump", "handled": False},
    }
    if dump.crash is None:
        return exception
    exception["thread_id"] = dump.crash.thread_id
    if address := instruction_of(dump):
        frame: JSON = {"instruction_addr": hex(address)}
        if module := dump.module_at(address):
            frame |= {"package": module.name, "image_addr": hex(module.address)}
        exception["stacktrace"] = {"frames": [frame]}
    return exception


def _contexts(dump: Minidump) -> JSON:
    system = {
        "name": dump.system,
        "version": dump.system_version,
        "build": dump.system_build,
    }
    contexts: JSON = {}
    if dump.system:
        contexts["os"] = {name: value for name, value in system.items() if value}
    if dump.architecture:
        contexts["device"] = {"arch": dump.architecture}
    return contexts


def _image(module: Module, kind: str) -> JSON:
    image = {
        "type": kind,
        "code_file": module.name,
        "code_id": module.code_id,
        "debug_file": module.debug_name,
        "debug_id": module.debug_id,
        "image_addr": hex(module.address),
        "image_size": module.size,
    }
    return {name: value for name, value in image.items() if value}


def event_of_context(context: Context) -> JSON:
    """A fatal event of what Unreal Engine tells of a crash."""
    told = context.get("RuntimeProperties", {})
    event: JSON = {"level": "fatal", "platform": "native"}
    if told.get("IsEnsure", "").lower() == "true":
        # A failed check, after which the program goes on.
        event["level"] = "error"
    message = told.get("ErrorMessage", "")
    kind = told.get("CrashType", "")
    if message or kind:
        mechanism = {"type": "unreal", "handled": event["level"] == "error"}
        exception = {"type": kind or "Crash", "value": message, "mechanism": mechanism}
        event["exception"] = {"values": [exception]}
    if kind:
        event["tags"] = {"unreal.crash_type": kind}
    user = {
        "id": told.get("LoginId") or told.get("EpicAccountId"),
        "username": told.get("UserName"),
    }
    event["user"] = {name: value for name, value in user.items() if value}
    event["contexts"] = _unreal_contexts(context)
    if data := context.get("GameData"):
        event["extra"] = {k: v for k, v in data.items() if k != "__sentry"}
    return event


def _unreal_contexts(context: Context) -> JSON:
    told = context.get("RuntimeProperties", {})
    device = {name: told[key] for key, name in _DEVICE.items() if key in told}
    contexts: JSON = {
        "unreal": {name: text[:_UNREAL_VALUE_CHARS] for name, text in told.items()},
        "device": device,
        "gpu": {"name": told.get("Misc.PrimaryGPUBrand", "")},
        "os": {"name": told.get("Misc.OSVersionMajor", "")},
    }
    return {
        name: kept
        for name, values in contexts.items()
        if (kept := {key: value for key, value in values.items() if value})
    }


def event_of_apple_report(data: bytes | memoryview) -> JSON:
    """A fatal event of the head of a crash report in Apple's text form."""
    head = bytes(data[:8192]).decode(errors="replace")
    told: dict[str, str] = {}
    for line in head.splitlines():
        name, colon, value = line.partition(":")
        if colon:
            told.setdefault(name.strip(), value.strip())
    exception = {
        "type": told.get("Exception Type") or "Crash",
        "value": told.get("Termination Reason") or told.get("Exception Codes", ""),
        "mechanism": {"type": "applecrashreport", "handled": False},
    }
    system, _, version = told.get("OS Version", "").partition(" ")
    contexts: JSON = {"os": {"name": system, "version": version}} if system else {}
    if "Hardware Model" in told:
        contexts["device"] = {"model": told["Hardware Model"]}
    return {
        "level": "fatal",
        "platform": "cocoa",
        "exception": {"values": [exception]},
        "contexts": contexts,
    }
