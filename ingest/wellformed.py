"""The shape of most events, in which msgspec reads them at once.

What is read so has been checked where checking costs most, in frames and breadcrumbs;
and what is only stored is left as the JSON that it came as: variables, modules and the
data of breadcrumbs. Reading a typical event takes two thirds of what reading any JSON
takes. All others are read as any JSON is, and field by field.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Required, TypedDict

import msgspec
import orjson
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

_Name = Annotated[str, Meta(max_length=256)]
_ShortName = Annotated[str, Meta(max_length=128)]
_Number = Annotated[int, Meta(ge=0, lt=2**53)]


class _Frame(TypedDict, total=False):
    filename: _Name
    abs_path: _Name
    function: _Name
    raw_function: _Name
    module: _Name
    package: _Name
    symbol: _Name
    platform: _ShortName
    lang: _ShortName
    lineno: _Number
    colno: _Number
    pre_context: list[str]
    context_line: Annotated[str, Meta(max_length=1024)]
    post_context: list[str]
    in_app: bool
    vars: Raw
    # What only few frames have: an event with it has another shape.
    image_addr: None
    instruction_addr: None
    symbol_addr: None
    addr_mode: None
    function_id: None
    trust: None
    source_link: None
    stack_start: None
    data: None
    lock: None


class _Stacktrace(TypedDict, total=False):
    frames: Required[list[_Frame]]
    registers: None
    lang: None
    snapshot: None
    instruction_addr_adjustment: None


class _Exception(TypedDict, total=False):
    type: str | None
    value: str | None
    module: str | None
    package: str | None
    thread_id: str | None
    mechanism: Raw
    stacktrace: _Stacktrace | None
    raw_stacktrace: None


class _Exceptions(TypedDict, total=False):
    values: Required[list[_Exception]]
    mechanism: None


class _Breadcrumb(TypedDict, total=False):
    timestamp: Required[str | float]
    type: _ShortName
    category: _ShortName
    level: _ShortName
    message: Annotated[str, Meta(max_length=8192)]
    data: Raw
    event_id: _ShortName
    origin: _ShortName
    # What old clients call the type.
    ty: None


class _Breadcrumbs(TypedDict):
    values: list[_Breadcrumb]


_Text = str | None | UnsetType
_Json = Raw | UnsetType


class _Event(Struct, forbid_unknown_fields=True, kw_only=True):
    event_id: _Text = UNSET
    timestamp: _Json = UNSET
    level: _Text = UNSET
    platform: _Text = UNSET
    type: _Text = UNSET
    logger: _Text = UNSET
    transaction: _Text = UNSET
    transaction_info: _Json = UNSET
    release: _Text = UNSET
    dist: _Text = UNSET
    environment: _Text = UNSET
    server_name: _Text = UNSET
    fingerprint: _Json = UNSET
    message: _Json = UNSET
    logentry: _Json = UNSET
    exception: _Exceptions | UnsetType | None = UNSET
    threads: _Json = UNSET
    breadcrumbs: _Breadcrumbs | UnsetType | None = UNSET
    user: _Json = UNSET
    request: _Json = UNSET
    contexts: _Json = UNSET
    tags: _Json = UNSET
    extra: _Json = UNSET
    modules: _Json = UNSET
    sdk: _Json = UNSET
    debug_meta: _Json = UNSET
    _meta: _Json = UNSET


_decode = msgspec.json.Decoder(_Event).decode
_FIELDS = _Event.__struct_fields__
# In bytes with many backslashes faster than to find two of them.
_has_numbered = re.compile(rb"\\u").search
_compact_start = re.compile(rb'\{"\w*":[^ \t\r]').match


class WellFormed(dict[str, Any]):
    """A decoded payload of that shape."""


def well_formed(data: bytes) -> WellFormed | None:
    """The payload, or None if it has another shape.

    Or if it is not as orjson writes JSON: with blanks between its parts, or with signs
    written by their numbers, which may be such as cannot be stored or hide a secret.
    """
    if not _is_compact(data) or _has_numbered(data) or not _is_utf8(data):
        return None
    try:
        event = _decode(data)
        payload = WellFormed()
        for name in _FIELDS:
            value = getattr(event, name)
            if type(value) is Raw and name != "modules":
                payload[name] = orjson.loads(memoryview(value))
            elif value is not UNSET:
                payload[name] = value
    except (msgspec.DecodeError, orjson.JSONDecodeError, RecursionError):
        return None
    return payload


def _is_compact(data: bytes) -> bool:
    """Whether it begins without blanks: who writes them at all writes them there."""
    return b"\n" not in data and _compact_start(data) is not None


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
