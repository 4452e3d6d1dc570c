"""The normalised event: the one shape that is grouped, stored and shown.

Every field is optional unless it stands in a required class: what an SDK did not
send, or sent as null, is missing here. Instants are float seconds since 1970 UTC.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, Required, TypedDict

Level = Literal["debug", "info", "warning", "error", "fatal"]
Pair = list[str]
"""A [key, value] pair, a list because JSON has no tuples."""


class Frame(TypedDict, total=False):
    """One call; ``in_app`` is missing where neither the SDK nor a rule knows."""

    filename: str
    abs_path: str
    function: str
    raw_function: str
    symbol: str
    module: str
    package: str
    platform: str
    lang: str
    lineno: int
    colno: int
    pre_context: list[str]
    context_line: str
    post_context: list[str]
    in_app: bool
    vars: dict[str, Any]
    data: dict[str, Any]
    image_addr: str
    instruction_addr: str
    symbol_addr: str
    addr_mode: str
    function_id: str
    trust: str
    lock: dict[str, Any]
    stack_start: bool
    source_link: str


class Stacktrace(TypedDict, total=False):
    """``frames`` run from the oldest call to the crash site."""

    frames: Required[list[Frame]]
    registers: dict[str, Any]
    lang: str
    snapshot: bool
    instruction_addr_adjustment: str


class Mechanism(TypedDict, total=False):
    """How the exception was caught, and its place in a tree of exceptions."""

    type: Required[str]
    handled: bool
    synthetic: bool
    description: str
    help_link: str
    data: dict[str, Any]
    meta: dict[str, Any]
    exception_id: int
    parent_id: int
    source: str
    is_exception_group: bool


class Exception_(TypedDict, total=False):
    """One raised error; the list of them ends with the one raised last."""

    type: str
    value: str
    module: str
    package: str
    thread_id: str
    mechanism: Mechanism
    stacktrace: Stacktrace
    raw_stacktrace: Stacktrace


class Exceptions(TypedDict):
    """The chain, oldest cause first."""

    values: list[Exception_]


class Thread(TypedDict, total=False):
    """A thread at the moment of the event."""

    id: str
    name: str
    crashed: bool
    current: bool
    main: bool
    state: str
    stacktrace: Stacktrace
    raw_stacktrace: Stacktrace
    held_locks: dict[str, Any]


class Threads(TypedDict):
    """Every thread that the SDK told of."""

    values: list[Thread]


class LogEntry(TypedDict, total=False):
    """``formatted`` is what a person reads; ``message`` its template, if known."""

    formatted: Required[str]
    message: str
    params: list[Any] | dict[str, Any]


class Breadcrumb(TypedDict, total=False):
    """Something that happened before the event."""

    timestamp: float
    type: str
    category: str
    level: str
    message: str
    data: dict[str, Any]
    event_id: str
    origin: str


class Breadcrumbs(TypedDict):
    """Newest last."""

    values: list[Breadcrumb]


class User(TypedDict, total=False):
    """Who met the error."""

    id: str
    email: str
    username: str
    name: str
    ip_address: str
    segment: str
    geo: dict[str, Any]
    data: dict[str, Any]


class Request(TypedDict, total=False):
    """``url`` has neither query nor fragment; pairs keep the order they had."""

    url: str
    method: str
    data: Any
    query_string: list[Pair]
    fragment: str
    cookies: list[Pair]
    headers: list[Pair]
    env: dict[str, Any]
    api_target: str
    inferred_content_type: str
    body_size: int


class Csp(TypedDict, total=False):
    """A content security policy violation, in one spelling."""

    effective_directive: Required[str]
    blocked_uri: Required[str]
    document_uri: str
    violated_directive: str
    original_policy: str
    referrer: str
    status_code: int
    source_file: str
    line_number: int
    column_number: int
    script_sample: str
    disposition: str


class Template(TypedDict, total=False):
    """The place in a template where rendering failed."""

    filename: str
    abs_path: str
    lineno: int
    context_line: str
    pre_context: list[str]
    post_context: list[str]


class Package(TypedDict, total=False):
    """A package that an SDK is made of."""

    name: str
    version: str


class Sdk(TypedDict, total=False):
    """The client that sent the event."""

    name: str
    version: str
    integrations: list[str]
    features: list[str]
    packages: list[Package]
    settings: dict[str, Any]


class ProcessingError(TypedDict):
    """A note on what could not be taken as it was sent."""

    type: str
    name: str
    value: NotRequired[Any]


class Event(TypedDict, total=False):
    """One event of a project."""

    event_id: Required[str]
    timestamp: Required[float]
    received: Required[float]
    level: Required[Level]
    platform: Required[str]
    type: Required[str]
    logger: str
    transaction: str
    transaction_info: dict[str, Any]
    culprit: str
    release: str
    dist: str
    environment: str
    server_name: str
    site: str
    fingerprint: list[str]
    checksum: str
    logentry: LogEntry
    exception: Exceptions
    stacktrace: Stacktrace
    threads: Threads
    template: Template
    breadcrumbs: Breadcrumbs
    user: User
    request: Request
    contexts: dict[str, dict[str, Any]]
    tags: list[Pair]
    extra: dict[str, Any]
    modules: dict[str, str]
    sdk: Sdk
    debug_meta: dict[str, Any]
    csp: Csp
    security: dict[str, Any]
    errors: list[ProcessingError]
    _meta: dict[str, Any]
