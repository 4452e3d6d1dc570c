"""Whole traces as SDKs send them: what comes and goes with engines and versions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.events import error, frame, hash_of

URL = "https://x.org/assets/dash.js"
Payload = dict[str, Any]


def script(*calls: str | tuple[str, str], platform: str = "javascript") -> Payload:
    """A trace by the functions' names, each in the app's script or in another file."""
    pairs = [call if isinstance(call, tuple) else (call, URL) for call in calls]
    return error(*[frame(n, filename=f) for n, f in pairs], platform=platform)


def java(*calls: str, **fields: Any) -> Payload:
    """A trace by calls as ``module.function``; the SDK says nothing of the app."""
    frames = []
    for call in calls:
        module, _, function = call.rpartition(".")
        frames.append({"module": module, "function": function, "lineno": 7})
    return error(*frames, platform="java", **fields)


def csharp(module: str, function: str) -> Payload:
    main = frame("Main", module="Shop.Program")
    return error(main, frame(function, module=module), platform="csharp")


def python(path: str, module: str, **fields: Any) -> Payload:
    own = frame("total", module="shop.cart", abs_path="/srv/app/shop/cart.py")
    other = frame("run", module=module, filename="run.py", abs_path=path, **fields)
    return error(other, own)


def plain(platform: str, *calls: tuple[str, str], **fields: Any) -> Payload:
    frames = [frame(name, filename=file, **fields) for name, file in calls]
    return error(*frames, platform=platform)


PHP_SITE = "/srv/a.php:12$0"
ONE_TRACE = {
    "engines have frames of their own": [
        script("refresh", "draw"),
        script("refresh", ("Array.map", "<anonymous>"), "draw"),
        script("refresh", ("map", "self-hosted"), "draw"),
        script("refresh", ("map", "[native code]"), "draw"),
        script("refresh", ("Array.forEach", "native"), "draw"),
        script(("asyncFunctionResume", "[native code]"), "refresh", "draw"),
        script("refresh", ("eval", f"{URL} line 3 > eval"), "draw"),
        script("refresh", ("eval", f"eval at refresh ({URL}:1:1)"), "draw"),
    ],
    "engines spell methods in their ways": [
        script("refresh", "draw"),
        script("Gauge.refresh", "Object.draw"),
        script("Function.refresh", "e.draw"),
        script("async refresh", "Module.draw"),
        script("async*refresh", "Gauge.prototype.draw"),
        script("setTimeout handler*refresh", "refresh/</draw"),
        script("EventListener.handleEvent*refresh", "draw [as onDraw]"),
    ],
    "engines spell what has no name in their ways": [
        script("?", "draw"),
        script("", "draw"),
        script("<anonymous>", "draw"),
        script("Object.<anonymous>", "draw"),
        script("HTMLDocument.<anonymous>", "draw"),
        script("init/<", "draw"),
        script("global code", "draw"),
        script("module code", "draw"),
    ],
    "engines spell getters in their ways": [
        script("get total"),
        script("Gauge.get total [as total]"),
        script("get total [as total]"),
        script("Gauge.get total"),
    ],
    "Node's own files come and go": [
        script(("go", "/srv/a.js"), platform="node"),
        script(
            ("process.processTicksAndRejections", "node:internal/process/task_queues"),
            ("go", "/srv/releases/7/a.js"),
            platform="node",
        ),
        script(
            ("Module._compile", "internal/modules/cjs/loader.js"),
            ("go", "file:///app/a.js"),
            platform="node",
        ),
    ],
    "generated classes of Java come and go": [
        java("iot.Web.go", "iot.Orders.place"),
        java(
            "iot.Web.go",
            "iot.Orders$$EnhancerBySpringCGLIB$$1a.place",
            "iot.Orders.place",
        ),
        java("iot.Web.go", "iot.Orders$$SpringCGLIB$$0.place", "iot.Orders.place"),
        java(
            "iot.Web.go",
            "iot.Orders$$EnhancerBySpringCGLIB$$77.place",
            "iot.Orders$$FastClassBySpringCGLIB$$88.invoke",
            "iot.Orders.place",
        ),
        java("iot.Web.go", "com.acme.$Proxy12.place", "iot.Orders.place"),
        java("iot.Web.go", "iot.Web$$Lambda$12/0x1.run", "iot.Orders.place"),
        java("java.lang.Thread.run", "iot.Web.go", "iot.Orders.place"),
        java("java.base/java.lang.Thread.run", "iot.Web.go", "iot.Orders.place"),
    ],
    "the depth of an overflow is chance in Java": [
        java(*["a.Tree.walk"] * 50, type="StackOverflowError"),
        java(*["a.Tree.walk"] * 49, "a.Tree.hashCode", type="StackOverflowError"),
    ],
    "an async method of C# has several spellings": [
        csharp("Shop.Orders", "Send"),
        csharp("Shop.Orders", "async Task Send()"),
        csharp("Shop.Orders", "async Task<int> Send(int id)"),
        csharp("Shop.Orders+<Send>d__12", "MoveNext"),
        csharp("Shop.Orders+<Send>d__3`1", "MoveNext"),
    ],
    "Python's own library is at many places": [
        python("/usr/lib/python3.9/threading.py", "threading"),
        python("C:\\Python311\\Lib\\threading.py", "threading"),
        python("/nix/store/x-python3-3.11/lib/python3.11/asyncio/run.py", "asyncio"),
        python("/root/.local/share/uv/python/cpython-3.12/lib/python3.12/x.py", "x"),
        python("/srv/.venv/lib/python3.12/site-packages/y.py", "y", in_app=False),
        python("/usr/lib/python3/dist-packages/y.py", "y", in_app=False),
    ],
    "helpers of compiled generators say nothing": [
        script("refresh", "draw"),
        script("refresh", "tryCatch", "Generator._invoke", "Generator.next", "draw"),
        script("refresh", "asyncGeneratorStep", "_next", "draw"),
        script("refresh", "__awaiter", "sentryWrapped", "draw"),
    ],
    "Erlang's own library says nothing": [
        plain("elixir", ("Shop.go/1", "lib/shop.ex")),
        plain(
            "elixir", (":proc_lib.init_p/3", "proc_lib.erl"), ("Shop.go/1", "shop.ex")
        ),
    ],
    "Ruby's own library says nothing": [
        plain("ruby", ("go", "a.rb")),
        plain("ruby", ("each", "<internal:array>"), ("go", "a.rb")),
    ],
    "a gap between asynchronous calls says nothing in Dart": [
        plain("dart", ("a", "a.dart"), ("b", "b.dart")),
        plain(
            "dart", ("a", "a.dart"), ("<asynchronous suspension>", ""), ("b", "b.dart")
        ),
    ],
    "a nameless class of PHP": [
        plain(
            "php", ("start", "i.php"), (f"class@anonymous\x00{PHP_SITE}::run", "a.php")
        ),
        plain(
            "php", ("start", "i.php"), ("class@anonymous\x00/b.php:9$f::run", "a.php")
        ),
    ],
    "a nameless place is known by what was said": [
        script(("?", "https://shop.org/cart/17")),
        script(("?", "https://shop.org/cart/99")),
        script(("", "https://shop.org/")),
    ],
}


@pytest.mark.parametrize("traces", ONE_TRACE.values(), ids=ONE_TRACE)
def test_forms_of_one_trace_are_one(traces: list[Payload]) -> None:
    assert len({hash_of(trace) for trace in traces}) == 1


def test_a_folder_called_python_makes_no_standard_library() -> None:
    def at(folder: str) -> Payload:
        return plain("python", ("f", f"{folder}/a.py"), ("g", "/srv/b.py"))

    assert hash_of(at("/home/x/python/lib")) == hash_of(at("/opt"))


def test_codes_of_apples_errors_tell_them_apart() -> None:
    def failed(domain: str, code: int) -> str:
        meta = {"ns_error": {"domain": domain, "code": code}}
        mechanism = {"type": "NSError", "meta": meta}
        return hash_of(
            error(type="NSError", value=f"{domain} {code}", mechanism=mechanism)
        )

    hashes = {failed("A", -1009), failed("A", -1001), failed("B", -1009)}
    assert len(hashes) == 3


@pytest.mark.parametrize("params", [[], {}, None])
def test_a_message_without_parameters_is_no_template(params: object) -> None:
    def logged(number: int) -> Payload:
        return {"logentry": {"message": f"Order {number} lost", "params": params}}

    assert hash_of(logged(17)) == hash_of(logged(99))


CRASHES = (("poll", "at null"), ("poll", "of garbage"), ("push", "at null"))


def test_a_thread_that_crashed_tells_where_its_exception_happened() -> None:
    def crashed(function: str, said: str) -> Payload:
        stack = {"frames": [frame(function, package="/opt/hub")]}
        other = {"frames": [frame(said, package="/opt/hub")]}
        threads = [
            {"id": 1, "crashed": True, "stacktrace": stack},
            {"id": 2, "stacktrace": other},
        ]
        raised = error(type="SIGSEGV", value=said, platform="native")
        return {**raised, "threads": {"values": threads}}

    hashes = [hash_of(crashed(*calls)) for calls in CRASHES]
    assert hashes[0] == hashes[1] != hashes[2]


def test_engines_call_an_overflow_by_other_types() -> None:
    walks = [frame("walk", filename=URL)] * 50
    chrome = error(
        *walks[:10],
        type="RangeError",
        value="Maximum call stack size exceeded",
        platform="javascript",
    )
    firefox = error(
        *walks,
        type="InternalError",
        value="too much recursion",
        platform="javascript",
    )
    assert hash_of(chrome) == hash_of(firefox)
