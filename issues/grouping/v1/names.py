"""Names without what differs from build to build: numbers, hashes, addresses.

Each language's compilers and runtimes invent names in their own way, so there is a
small function for each. They give the empty string for a name that says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

AUTO = "<auto>"

_NAMELESS = frozenset({"?", "??", "<unknown>", "<unknown function>", "unknown"})
_DIGIT = re.compile(r"\d")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{2,}")

# JavaScript
_JS_NAMELESS = frozenset(
    {"?", "<anonymous>", "anonymous", "<anonymous function>", "Anonymous function"}
    | {"(anonymous function)", "anonymous function", "(anonymous)", "{anonymous}"}
    | {"global code", "module code", "<unknown>", "<computed>", "<", "undefined"}
    | {"<global>", "(?)", "null", "default"}
)
_JS_WORDS = re.compile(r"^(?:(?:async|new|bound|static|get|set|function)[ *])+")
_JS_ALIAS = re.compile(r" \[as [^\]]*\]$")
_JS_MODULE_PATH = re.compile(
    r"^(?:\w+\.)?\.{0,2}/.*\.\w{2,5}$|^(?:\w+\.)?\d+$|[?&]\w+="
)
_JS_HASHED_MODULE = re.compile(r"^(?:Module|Object)\.(?=\w*\d)[\w+/]{4}$")
_JS_COPY = re.compile(r"(?<=\w)\$\d+$")
_JS_CALLEE = re.compile(r"_callee\d*\$?")

# Java and its kin
_JAVA_GENERATED = re.compile(
    r"\$\$(?:Enhancer|FastClass|KeyFactory|SpringCGLIB|Lambda|ExternalSynthetic|"
    r"InternalSynthetic|Nest|Proxy|_Weld)[^.]*(?:\.0x[0-9a-f]+)?"
    r"|_?\$\$_(?:jvst|javassist|Weld)[^.]*"
    r"|\$(?:HibernateProxy|ByteBuddy|MockitoMock|auxiliary)\$[^.]*"
    r"|\$Proxy\d+"
    r"|(?<=Accessor)\d+$"
    r"|_\$\w+\$\$$"
)
_JAVA_PASSING = re.compile(
    r"\$\$(?:Enhancer|FastClass|KeyFactory|SpringCGLIB|Lambda|Proxy|_Weld"
    r"|ExternalSynthetic|InternalSynthetic)|\$Proxy\d|_\$\$_(?:jvst|javassist|Weld)"
    r"|\$(?:HibernateProxy|ByteBuddy|MockitoMock|auxiliary)\$|-\$\$Lambda"
    r"|_(?:ClientProxy|Subclass)$"
)
_JAVA_NUMBER = re.compile(
    r"\$\d+(?=\$|$|/)|(?<=\$lambda-)\d+|(?<=_aroundBody)\d+$|(?<=AjcClosure)\d+$"
)
_JAVA_LAMBDA = re.compile(r"^lambda\$(\w*?)(?:\$[0-9a-f]{4,})?\$\d+$")
_JAVA_LOADER = re.compile(r"^(?:\w[\w.-]*(?:@[\w.+-]+)?)?/(?:[\w.-]*(?:@[\w.+-]+)?/)?")
_KOTLIN_LAMBDA = re.compile(r"\$lambda(?:[-$](?:\d+|lambda))*$")
_CLOJURE_NUMBER = re.compile(
    r"(?<=__)\d+|(?<=eval)\d+$|(?<=closure)\d+|(?<=[Ss]cript)\d+"
)

# C#
_CS_STATE_MACHINE = re.compile(r"[+.]?<(\w*)>d(?:__\d+)?(?:`\d+)?(?:\[.*\])?$")
_CS_DISPLAY_CLASS = re.compile(r"[+.]<>c(?:__DisplayClass[\d_]+)?(?:`\d+)?$|[+.]<>O$")
_CS_LAMBDA = re.compile(r"^<(\w*)>b__[\d_]*(?:`\d+)?$")
_CS_LOCAL = re.compile(r"^<\w*>g__(\w+)\|[\d_]+$")
_CS_NESTED_MACHINE = re.compile(r"[+.]<(<\w*>[bg]__[^>]*)>d(?:__\d+)?(?:`\d+)?$")
_CS_VB_MACHINE = re.compile(r"[+.]VB\$StateMachine_\d+_(\w+)$")
# F# writes the line of a closure behind its name, Visual Basic two numbers.
_CS_CLOSURE = re.compile(
    r"@\d+(?:-\d+)*(?=$|[+.`])|(?<=_Lambda\$__)R?\d+-\d+|[+.]_Closure\$__[\d-]*$"
)
_CS_ARITY = re.compile(r"`\d+(?:\[.*\])?|(?<=\w)\[[\w., ]*\]")
_CS_TYPE_ARGUMENTS = re.compile(r"(?<=\w)<[\w., ]*>$")
_CS_MODULE_ARGUMENTS = re.compile(r"(?<=\w)<[\w., ]*>(?=$|[.+])")
_CS_NUMBER = re.compile(r"(?<=AnonymousType)\d+|(?<=lambda_method)\d+|(?<=Proxy)_\d+")

# Go
_GO_CLOSURE = re.compile(r"(?<=\.func)\d+(?:\.\d+)*|(?<=\binit)\.\d+")
_GO_WRAPPER = re.compile(r"\.(?:gowrap|deferwrap)\d+|-range\d+|\[[^\[\]]*\]")
_GO_FOREIGN = re.compile(r"(?<=_cgo_)[0-9a-f]{12}_|(?<=_cgoexp_)[0-9a-f]{12}_")
_GO_VERSION = re.compile(r"@v[^/]+|/v\d+(?=/|$|\.)|\.v\d+(?=/|$)")

# PHP
_PHP_CLOSURE = re.compile(r"(?:[\w\\]*\\)?\{closure(?::[^}]*)?\}")
_PHP_GENERATED = re.compile(
    r"(?<=__TwigTemplate_)[0-9a-f]{8,}|(?<=Container)[A-Za-z0-9]{7}(?=\\)"
    r"|\\?Generated[0-9a-f]{16,}|(?<=content_)[0-9a-f]{8,}[\w]*"
)

# Ruby
_RUBY_BLOCK = re.compile(r"^((?:block|rescue|ensure))(?: \(\d+ levels\))? in ")
_RUBY_TEMPLATE = re.compile(r"_{2,}\d+_\d+$|_{2,3}\d{5,}$|(?<=__)\d{3,}(?=__)")

# Native
_NATIVE_NAMELESS = frozenset({"<redacted>", "<unknown>", "??", "unknown", "<null>"})
_NATIVE_INVENTED = re.compile(
    r"(?:sub|fun|func|loc|unk|nullsub)_[0-9a-f]{4,16}$|_*lldb_unnamed_symbol\d"
    r"|_hidden#\d",
    re.I,
)
_NATIVE_HASH = re.compile(
    r"::h[0-9a-f]{16}$|(?<=E)?17h[0-9a-f]{16}E?$|\[(?:[0-9a-f]{8,16}|abi:\w+)\]"
)
_NATIVE_SUFFIX = re.compile(
    r"(?: \[clone [^\]]*\]|\.(?:cold|part|isra|constprop|lto_priv|llvm|clone|suffix)"
    r"(?:\.\d+)?|@@?[A-Z][\w.]*|@plt| ?\+ ?(?:0x[0-9a-f]+|\d+))$"
)
_SUFFIXES_MAX = 4
_NATIVE_ANON = re.compile(
    r"\(anonymous namespace\)|`anonymous[ -]namespace'|_GLOBAL__N_\w+|\{anonymous\}"
    r"|\?A0x[0-9a-f]{8}"
)
_NATIVE_LAMBDA = re.compile(
    r"\{lambda\([^{}]*\)(?:#\d+)?\}|'lambda\d*'(?:\([^()]*\))?|<lambda_\w+>|\$_\d+"
    r"|\{\{closure\}\}|\{closure(?:#\d+|_env#\d+)?\}|\{\{vtable\.shim\}\}"
)
_RUST_OWN = re.compile(r"<((?:\w+::)*\w+(?:<[^<>]*>)?)>(::.*)$")
_RUST_ARGUMENTS = re.compile(r"(?<=[\w:])<[^<>]*>")
_NESTED_MAX = 6
_RUST_NUMBER = re.compile(r"\{(impl|shim|constant|opaque)#\d+\}")
_OBJC_BLOCK = re.compile(r"^(?:_{2,3}\d+(?=[-+]\[))?(.*_block_invoke)(?:[_.]\d+)*$")
_SWIFT = re.compile(
    r"^(?:(?:partial apply for|specialized|merged|outlined|implicit|@objc|"
    r"thunk for|reabstraction thunk helper(?: from .* to)?) )+"
)
_SWIFT_PART = re.compile(
    r"^\(\d+\) (?:suspend|await) resume partial function for | \(\.\w+\.\d+\)$"
)
_SWIFT_CLOSURE = re.compile(r"(?:implicit )?closure #\d+ (?:\(.*?\)[^)]*? )?in ")
_SWIFT_MANGLED = ("$s", "$S", "_$s", "_$S")
# Numbers of closures, and parts of functions such as those that wait.
_SWIFT_MANGLED_PART = re.compile(r"(?<=[cf]U)\d+(?=_)|(?:T(?:[YQ]\d*_|[AmoR]))+$")
_OPERATOR_CALL = "operator()"

# Dart, Elixir
_DART_LIBRARY = re.compile(r"@\d+")
_ELIXIR_FUN = re.compile(
    r"(?<=-fun-)\d+(?=-)|(?<=-inlined-)\d+(?=-)|(?<=c\$\^)\d+/\d+-\d+(?=-)"
)

# Paths of modules: releases, versions, stamps, hashes
_STAMP = re.compile(
    r"^(?:v?\d+(?:[._-]\d+)+(?:[-._]?(?:rc|beta|alpha|dev|post|final)\.?\d*)?"
    r"|v?\d{5,}\w*|\d{6,8}[-_T]?\d{4,6}Z?|(?=[a-f]*\d)[0-9a-f]{7,64})$"
)


def function_name(name: str, family: str) -> str:
    """The function's name as it counts for grouping."""
    if not name or name in _NAMELESS:
        return ""
    clean = _FUNCTIONS.get(family)
    if clean is not None:
        name = clean(name)
    return _ADDRESS.sub("0x", name) if "0x" in name else name


@lru_cache(maxsize=4096)
def module_name(module: str, family: str) -> str:
    """The module's name as it counts for grouping."""
    clean = _MODULES.get(family)
    if clean is not None:
        module = clean(module)
    return module if _DIGIT.search(module) is None else _without_stamps(module)


def _java_module(module: str) -> str:
    if "/" in module:  # As in "app//shop.Cart", the name of a class's loader.
        module = _JAVA_LOADER.sub("", module)
    module = _JAVA_NUMBER.sub(_java_number, _JAVA_GENERATED.sub(AUTO, module))
    return _CLOJURE_NUMBER.sub("", module)


def _csharp_module(module: str) -> str:
    module = _CS_NESTED_MACHINE.sub("", module.replace("<<Main>$>", "<Main>"))
    module = _CS_CLOSURE.sub("", _CS_VB_MACHINE.sub("", module))
    module = _CS_DISPLAY_CLASS.sub("", _CS_STATE_MACHINE.sub("", module))
    module = _CS_ARITY.sub("", module)
    return _CS_NUMBER.sub("", _CS_MODULE_ARGUMENTS.sub("", module))


def _go_module(module: str) -> str:
    module = module.rpartition("/vendor/")[2].replace("%2e", ".")
    return _GO_VERSION.sub("", module)


def _php_module(module: str) -> str:
    return _PHP_GENERATED.sub(AUTO, module)


def is_generated(module: str) -> bool:
    """Whether the class was made by Java's runtime or a framework to pass calls on."""
    if "$" not in module and "_" not in module:
        return False
    return _JAVA_PASSING.search(module) is not None


def type_name(kind: str, family: str) -> str:
    """An exception's type without generated parts."""
    if "@anonymous" in kind:
        return kind.partition("@anonymous")[0] + "@anonymous"
    if family in ("java", "csharp", "php") and ("$" in kind or "`" in kind):
        kind = module_name(kind, family)
    return _ADDRESS.sub("0x", kind) if "0x" in kind else kind


def _without_stamps(module: str) -> str:
    """The module without folders that are named by a release, a stamp or a hash."""
    separator = "/" if "/" in module else "."
    parts = module.split(separator)
    kept = [part for part in parts[:-1] if not _STAMP.match(part)]
    return separator.join([*kept, parts[-1]])


def _javascript(name: str) -> str:
    if _JS_MODULE_PATH.search(name) or _JS_HASHED_MODULE.match(name):
        return ""
    name = name.rpartition("*")[2] or name
    name = _JS_WORDS.sub("", _JS_ALIAS.sub("", name))
    # Firefox writes a function within another as outer/inner, nameless as outer/<.
    name = name.rpartition("/")[2] if "/" in name else name
    name = name.rpartition(".")[2] if "." in name else name
    name = _JS_COPY.sub("", _JS_WORDS.sub("", name.strip()))
    name = _JS_CALLEE.sub("_callee", name)
    return "" if name in _JS_NAMELESS or name.isdigit() else name


def _python(name: str) -> str:
    return "<module>" if name.startswith("<cell line: ") else name


def _php(name: str) -> str:
    name = name.replace("->", "::")
    if "@anonymous" in name or name.startswith("[Anonymous"):
        name = name.rpartition("::")[2] if "::" in name else ""
    if "{closure" in name:
        return _PHP_CLOSURE.sub("{closure}", name)
    return _PHP_GENERATED.sub(AUTO, name)


def _ruby(name: str) -> str:
    name, blocks = _RUBY_BLOCK.subn(r"\1 in ", name)
    start, _, rest = name.partition(" in ") if blocks else ("", "", name)
    if rest[:1] != "<":
        # Ruby 3.4 writes the class before the method; older ones do not.
        rest = rest.rpartition("#")[2] or rest
        if "." in rest[:-1] and rest[-1].isalnum():
            rest = rest.rpartition(".")[2]
    rest = _RUBY_TEMPLATE.sub("", rest)
    return f"{start} in {rest}" if start else rest


def _java(name: str) -> str:
    name = _KOTLIN_LAMBDA.sub("$lambda", _JAVA_LAMBDA.sub(r"lambda$\1", name))
    return _CLOJURE_NUMBER.sub("", _JAVA_NUMBER.sub(_java_number, name))


def _java_number(match: re.Match[str]) -> str:
    return "$" + AUTO if match[0][0] == "$" else AUTO


def _csharp(name: str) -> str:
    name = name.partition("(")[0].partition(" {")[0].strip().rpartition(" ")[2]
    name = name.replace("<<Main>$>", "<Main>")
    name = _CS_LOCAL.sub(r"\1", _CS_LAMBDA.sub(r"\1", name))
    if name.endswith("MoveNext") and "<" in name:
        name = re.sub(r".*<(\w+)>.*", r"\1", name)
    name = "Main" if name == "<Main>$" else _CS_CLOSURE.sub("", name)
    name = _CS_TYPE_ARGUMENTS.sub("", _CS_ARITY.sub("", name))
    return _CS_NUMBER.sub("", name)


def csharp_state_machine(module: str) -> str:
    """The method that a compiler-made class stands for: ``Foo`` of ``A+<Foo>d__12``."""
    module = module.replace("<<Main>$>", "<Main>")
    nested = _CS_NESTED_MACHINE.search(module)
    if nested:
        return _csharp(nested[1])
    match = _CS_STATE_MACHINE.search(module) or _CS_VB_MACHINE.search(module)
    return match[1] if match else ""


def _go(name: str) -> str:
    name = _GO_WRAPPER.sub("", _GO_WRAPPER.sub("", _GO_CLOSURE.sub("", name)))
    # Variables of a package were set by "glob." until Go 1.20, and are by "init" since.
    name = _GO_FOREIGN.sub("", name) if "_cgo" in name else name
    return name.replace("glob..func", "init.func").removesuffix("-fm")


def _native(name: str) -> str:
    if (
        name in _NATIVE_NAMELESS
        or _ADDRESS.fullmatch(name)
        or _NATIVE_INVENTED.match(name)
    ):
        return ""
    name = _SWIFT_PART.sub("", name)
    if "_block_invoke" in name and (block := _OBJC_BLOCK.match(name)):
        return block[1]
    if name.startswith(_SWIFT_MANGLED):
        return _SWIFT_MANGLED_PART.sub("", name)
    if name[:2] in ("-[", "+["):
        return name
    for _ in range(_SUFFIXES_MAX):
        name = _NATIVE_SUFFIX.sub("", name)
    name = _RUST_NUMBER.sub(r"{\1}", _NATIVE_HASH.sub("", name))
    name = _SWIFT_CLOSURE.sub("closure in ", _SWIFT.sub("", name))
    name = _NATIVE_LAMBDA.sub("{lambda}", _NATIVE_ANON.sub("{anonymous}", name))
    prefix, _, name = name.rpartition("closure in ")
    name = _without_arguments(name)
    return f"closure in {name}" if prefix or _ else name


def _without_arguments(name: str) -> str:
    """A C++, Rust or Swift name without arguments, template ones, and return type."""
    if name[:1] == "<" and " as " in name:  # Rust: <Type as Trait>::function
        return _without_own_arguments(name)
    own = _RUST_OWN.match(name)
    if own:
        name = own[1] + own[2]
    name = name.replace(_OPERATOR_CALL, "operator\x01")
    kept: list[str] = []
    depth = 0
    for index, letter in enumerate(name):
        if letter == "<" and not name.startswith("operator", max(index - 8, 0)):
            depth += 1
            if depth == 1:
                kept.append("<T>")
        elif letter == ">" and depth:
            depth -= 1
        elif letter == "(" and not depth:
            break
        elif not depth:
            kept.append(letter)
    short = (
        "".join(kept)
        .replace("::<T>", "")
        .strip()
        .replace("operator\x01", _OPERATOR_CALL)
    )
    if " operator " in f" {short}" or "closure" in short:
        return short
    return short.rpartition(" ")[2]


def _without_own_arguments(name: str) -> str:
    """Those of the trait tell which of its implementations it is, and stay."""
    own, separator, trait = name.partition(" as ")
    for _ in range(_NESTED_MAX):
        own, count = _RUST_ARGUMENTS.subn("(T)", own)
        if not count:
            break
    return own.replace("(T)", "<T>") + separator + trait


def _dart(name: str) -> str:
    name = _DART_LIBRARY.sub("", name)
    name = name.replace("<anonymous closure>", "<fn>")
    return name.removeprefix("new ").removesuffix(".new")


def _elixir(name: str) -> str:
    return _ELIXIR_FUN.sub("", name)


_FUNCTIONS: dict[str, Callable[[str], str]] = {
    "javascript": _javascript,
    "python": _python,
    "php": _php,
    "ruby": _ruby,
    "java": _java,
    "csharp": _csharp,
    "go": _go,
    "native": _native,
    "dart": _dart,
    "elixir": _elixir,
}
_MODULES: dict[str, Callable[[str], str]] = {
    "java": _java_module,
    "csharp": _csharp_module,
    "go": _go_module,
    "php": _php_module,
}
