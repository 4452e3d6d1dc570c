"""Which frames are of a library or a language runtime, by their names and paths."""

from __future__ import annotations

import re
import sys
from functools import lru_cache

from issues.event import Frame
from issues.grouping.v1.names import function_name

FAMILIES = {
    "javascript": "javascript",
    "node": "javascript",
    "electron": "javascript",
    "react-native": "javascript",
    "python": "python",
    "php": "php",
    "ruby": "ruby",
    "java": "java",
    "kotlin": "java",
    "scala": "java",
    "groovy": "java",
    "csharp": "csharp",
    "dotnet": "csharp",
    "fsharp": "csharp",
    "vbnet": "csharp",
    "unity": "csharp",
    "powershell": "csharp",
    "go": "go",
    "dart": "dart",
    "flutter": "dart",
    "elixir": "elixir",
    "perl": "perl",
    "other": "other",
    "rust": "native",
    "native": "native",
    "cocoa": "native",
    "objc": "native",
    "swift": "native",
    "c": "native",
    "cpp": "native",
    "unreal": "native",
    "apple-ios": "native",
    "apple-macos": "native",
    "wasm": "native",
}
"""The platforms that write their names in the same way."""


PACKAGE = "an installed package"
PYTHON = "Python's standard library"
NODE = "Node's own library"
GO = "Go's own library"
PHP = "PHP itself"
RUBY = "Ruby itself"
CRATE = "a crate of others or Rust itself"
STARTER = "the script that starts an installed program"
ERLANG = "Erlang's own library"
SYSTEM = "the system's libraries"
RUNTIME = "the language's runtime"
NEVER_OWN = frozenset({PYTHON, NODE, GO, PHP, RUBY, ERLANG, SYSTEM, RUNTIME, STARTER})
"""What no frame of an app can belong to, whatever the SDK says."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_JAVA = _words(
    "java. javax. jakarta. jdk. sun. com.sun. kotlin. kotlinx. scala. groovy. clojure. "
    "org.codehaus.groovy. android. androidx. com.android. dalvik. libcore. "
    "org.springframework. org.apache. org.hibernate. org.eclipse.jetty. org.jboss. "
    "org.glassfish. org.aspectj. org.junit. junit. org.slf4j. ch.qos.logback. "
    "io.netty. io.reactivex. rx. reactor. io.undertow. io.micronaut. io.quarkus. "
    "io.vertx. io.grpc. io.ktor. io.sentry. okhttp3. okio. retrofit2. akka. "
    "com.fasterxml. com.google.common. com.google.inject. com.zaxxer. com.mysql. "
    "org.postgresql. net.bytebuddy. net.sf.cglib. javassist."
)
_JAVA_RUNTIME = ("java.", "jdk.", "sun.", "com.sun.", "dalvik.", "libcore.")
_CSHARP = _words(
    "System Microsoft Sentry Newtonsoft UnityEngine UnityEditor Npgsql MySql Dapper "
    "Serilog Polly MediatR AutoMapper NHibernate Castle Xunit NUnit NLog log4net "
    "Grpc Google.Protobuf Hangfire MassTransit StackExchange"
)
_GO_ROOTS = frozenset(
    _words(
        "archive bufio bytes cmp compress container context crypto database debug "
        "embed encoding errors expvar flag fmt go hash html image index internal io "
        "iter log maps math mime net os path plugin reflect regexp runtime slices sort "
        "strconv strings sync syscall testing text time unicode unique unsafe vendor"
    )
)
_NATIVE_PATHS = (
    "/usr/lib",
    "/lib/",
    "/lib64/",
    "/system/",
    "/apex/",
    "/library/apple/",
    "/private/var/containers/bundle/application/system",
    "c:/windows/",
    "c:/program files/windowsapps/",
    "linux-gate",
    "linux-vdso",
)
_NATIVE_FILES = re.compile(
    r"(?:ld-linux|libc|libpthread|libstdc\+\+|libm|libdl|libgcc|libsystem|libobjc|"
    r"libdispatch|libswift|ntdll|kernel32|kernelbase|ucrtbase|msvcrt|vcruntime)"
    r"[\w.-]*\.(?:so|dylib|dll)"
)
_NATIVE_FUNCTIONS = re.compile(
    r"<?(?:(?:std|core|alloc|tokio|futures|rayon|hashbrown|backtrace|sentry\w*|"
    r"panic_unwind)::|_*rust_|_start$|__libc_start|start_thread$|clone3?$|"
    r"_?abort$|raise$|__assert|__cxa_|__GI_|UIApplicationMain$|"
    r"BaseThreadInitThunk$|RtlUserThreadStart$|mainCRTStartup$)"
)
_RUST_CRATES = re.compile(
    r"<?(?:(?:hyper|axum|actix|reqwest|serde|sqlx|tonic|crossbeam|parking_lot|anyhow|"
    r"once_cell|async_std)(?:_\w+)?|tower_\w+|tower::(?:util|buffer|limit|timeout))::"
)
_PYTHON_HOME = re.compile(r"/lib(?:64)?/(?:python|pypy)\d|/python\d+/lib/")
_SCRIPT_OF_PACKAGE = re.compile(r"/(?:bin|Scripts)/[\w.-]+$")
_RUBY_GEMS = re.compile(r"/(?:gems|bundler)/")
_RUBY_HOME = re.compile(r"/ruby/\d|/rubygems/|<internal:")
_GO_HOME = re.compile(r"/pkg/mod/|/vendor/|/go/src/(?!\w+\.\w+/)|/libexec/src/")
_NODE_FILES = ("node:", "ext:", "bun:", "deno:", "internal/")
_JS_HOME = re.compile(
    r"node_modules|bower_components|^(?:node|ext|bun|deno):|^internal/|^~/|/~/|webpack/(?:bootstrap|"
    r"runtime|startup)|\(webpack\)|^(?:chrome|moz|safari|safari-web|ms-browser)-"
    r"extension:|^https?://(?:cdn\.jsdelivr\.net/npm|unpkg\.com|cdnjs\.cloudflare\.com|"
    r"deno\.land|jsr\.io|ajax\.googleapis\.com|code\.jquery\.com|esm\.sh|browser\.sentry-cdn\.com|"
    r"js\.sentry-cdn\.com|www\.googletagmanager\.com)/"
)


def is_library(frame: Frame, platform: str) -> bool:
    """Whether the frame is surely not of the app itself."""
    return bool(library_of(frame, platform))


def library_of(frame: Frame, platform: str) -> str:
    """In words what the frame belongs to, empty when it may be of the app."""
    family = FAMILIES.get(frame.get("platform", platform), "other")
    test = _TESTS.get(family)
    return test(frame, platform) if test else ""


def _path(frame: Frame) -> str:
    path = frame.get("abs_path") or frame.get("filename") or ""
    return path.replace("\\", "/") if "\\" in path else path


def _python(frame: Frame, platform: str) -> str:
    if frame.get("function") == "<module>" and _starts_program(frame):
        return STARTER
    return _of_python(_path(frame), frame.get("module", ""))


def _starts_program(frame: Frame) -> bool:
    """Whether it is the script that pip writes for a command of a package."""
    return (
        "sys.exit(" in frame.get("context_line", "")
        and _SCRIPT_OF_PACKAGE.search(_path(frame)) is not None
    )


@lru_cache(maxsize=4096)
def _of_python(path: str, module: str) -> str:
    if "site-packages/" in path or "dist-packages/" in path:
        return PACKAGE
    module = module.partition(".")[0]
    is_placed = "/" in path
    if (
        path.startswith("<frozen ")
        or _PYTHON_HOME.search(path if path.islower() else path.lower())
        or (not is_placed and module in sys.stdlib_module_names)
    ):
        return PYTHON
    return "an error tracking SDK" if module in ("sentry_sdk", "raven") else ""


def _javascript(frame: Frame, platform: str) -> str:
    path = _path(frame)
    if _JS_HOME.search(path):
        return NODE if path.startswith(_NODE_FILES) else PACKAGE
    # Node tells its built-in modules without a folder, those of the app with one.
    is_bare = path and "/" not in path and path[0] not in "<["
    return NODE if platform == "node" and is_bare else ""


def _java(frame: Frame, platform: str) -> str:
    module = frame.get("module", "")
    if module.startswith(_JAVA_RUNTIME):
        return RUNTIME
    return "a library or the Java runtime" if module.startswith(_JAVA) else ""


def _csharp(frame: Frame, platform: str) -> str:
    module = frame.get("module") or frame.get("function") or ""
    for name in _CSHARP:
        if module.startswith(name) and module[len(name) : len(name) + 1] in ("", "."):
            return "a library or the .NET runtime"
    return ""


def _go(frame: Frame, platform: str) -> str:
    path = _path(frame)
    if path and _GO_HOME.search(path):
        return "a module of others or Go's own library"
    root = frame.get("module", "").partition("/")[0].partition(".")[0]
    if root in _GO_ROOTS and "." not in frame.get("module", "").partition("/")[0]:
        return GO
    return ""


def _ruby(frame: Frame, platform: str) -> str:
    path = _path(frame)
    if _RUBY_GEMS.search(path):
        return "a gem"
    return RUBY if _RUBY_HOME.search(path) else ""


def _php(frame: Frame, platform: str) -> str:
    path = _path(frame)
    if path.startswith(("[internal]", "<internal>")):
        return PHP
    return PACKAGE if "/vendor/" in path or path.startswith("vendor/") else ""


def _native(frame: Frame, platform: str) -> str:
    package = (frame.get("package") or "").replace("\\", "/").lower()
    is_system = package.startswith(_NATIVE_PATHS) or (
        package and _NATIVE_FILES.match(package.rpartition("/")[2])
    )
    if is_system:
        return SYSTEM
    if _NATIVE_FUNCTIONS.match(function_name(frame.get("function", ""), "native")):
        return RUNTIME
    path = _path(frame)
    if _RUST_CRATES.match(frame.get("function", "")):
        return CRATE
    if path.startswith("/rustc/") or "/.cargo/registry/" in path:
        return CRATE
    return ""


def _dart(frame: Frame, platform: str) -> str:
    path = _path(frame)
    is_known = path.startswith(
        ("dart:", "org-dartlang-sdk:", "package:flutter/", "package:sentry")
    )
    return "Dart's or Flutter's own library" if is_known else ""


def _elixir(frame: Frame, platform: str) -> str:
    path = _path(frame)
    if path.endswith(".erl"):
        return ERLANG
    return PACKAGE if path.startswith("deps/") or "/deps/" in path else ""


_TESTS = {
    "python": _python,
    "javascript": _javascript,
    "java": _java,
    "csharp": _csharp,
    "go": _go,
    "ruby": _ruby,
    "php": _php,
    "native": _native,
    "dart": _dart,
    "elixir": _elixir,
}
