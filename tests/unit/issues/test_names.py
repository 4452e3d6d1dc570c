"""Names and files without what differs from build to build, language by language."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.events import error, frame, hash_of
from tests.unit.issues.tables import rows

FUNCTIONS = {
    "javascript": [
        ("?", "<anonymous>"),
        ("Object.<anonymous>", "?"),
        ("null.<anonymous>", "anonymous"),
        ("HTMLButtonElement.<anonymous>", "onclick/<"),
        ("global code", "?"),
        ("new Cart", "Cart"),
        ("Object.total", "total"),
        ("Cart.prototype.total", "total"),
        ("async total", "total"),
        ("async*total", "total"),
        ("total [as onClick]", "total"),
        ("cart/total", "total"),
        ("total$1", "total"),
        ("Object.45123", "Object.991"),
        ("Module../src/a.js", "Object../src/a.js"),
    ],
    "java": [
        ("lambda$go$0", "lambda$go$3"),
        ("lambda$go$a1b2c3$1", "lambda$go$ff00aa$1"),
        ("$anonfun$go$1", "$anonfun$go$2"),
        ("fn__1234", "fn__99"),
    ],
    "csharp": [
        ("<Process>b__1_0", "<Process>b__7_3"),
        ("<Process>g__Inner|4_0", "<Process>g__Inner|9_2"),
        ("<<Main>$>b__0_0", "<<Main>$>b__0_3"),
        ("void Process(int id)", "Process(Int32 id)"),
        ("lambda_method12(Closure, Object)", "lambda_method7(Closure, Object)"),
    ],
    "go": [
        ("main.func1", "main.func2"),
        ("(*Server).handle.func2.1", "(*Server).handle.func3"),
        ("init.0", "init.1"),
        ("Run.gowrap1", "Run.gowrap3"),
        ("handle-fm", "handle"),
    ],
    "php": [
        ("Cart::App\\{closure}", "Cart::{closure:App\\Cart::total():42}"),
        ("class@anonymous/srv/x.php:12$0::run", "class@anonymous/a/x.php:19$1::run"),
        ("__TwigTemplate_0a1b2c3d4e5f::show", "__TwigTemplate_ffffff3d4e5f::show"),
    ],
    "ruby": [
        ("block (2 levels) in total", "block (3 levels) in total"),
        ("Cart#total", "total"),
        (
            "_run__1234567__process__98765__callbacks",
            "_run__5577__process__991__callbacks",
        ),
        ("block in Cart#total", "block in total"),
        ("_app_show_html_erb___1234567890_12345", "_app_show_html_erb___98765_777"),
    ],
    "native": [
        ("Hub::poll(int, char const*)", "Hub::poll"),
        ("void Hub::poll<int>(int)", "void Hub::poll<long>(long)"),
        ("Hub::poll(int) const", "Hub::poll(int)"),
        ("(anonymous namespace)::f(int)", "`anonymous namespace'::f"),
        (
            "run()::{lambda(int)#1}::operator()(int)",
            "run()::{lambda(int)#2}::operator()(int)",
        ),
        ("f.cold", "f"),
        ("f.constprop.0.isra.1", "f"),
        ("f [clone .cold.12]", "f"),
        ("f@@GLIBC_2.2.5", "f"),
        ("f + 124", "f + 88"),
        ("hub::poll::h0123456789abcdef", "hub::poll::hfedcba9876543210"),
        ("hub::poll::{closure#0}", "hub::poll::{closure#2}"),
        ("_ZN3hub4poll17h0123456789abcdefE", "_ZN3hub4poll17hfedcba9876543210E"),
        ("__29-[Foo bar]_block_invoke", "__29-[Foo bar]_block_invoke_2"),
        ("closure #1 in Foo.bar()", "closure #2 in Foo.bar()"),
        ("std::vector<Hub> Hub::all(int)", "Hub::all(int)"),
        ("0x55aa00", "0x7711"),
    ],
    "dart": [("_CartState@12345._sum", "_CartState@99._sum")],
    "elixir": [("-sum/1-fun-0-", "-sum/1-fun-3-")],
}
OTHER_FUNCTIONS = {
    "javascript": [("Cart.paint", "Cart.draw")],
    "java": [("lambda$go$0", "lambda$stop$0")],
    "csharp": [("<Process>b__1_0", "<Cancel>b__1_0")],
    "go": [("(*Server).handle.func1", "(*Server).close.func1")],
    "php": [("Cart::total", "Cart::sum")],
    "ruby": [("empty?", "empty!"), ("Cart#total", "Cart#sum")],
    "native": [
        ("Hub::poll(int)", "Hub::push(int)"),
        ("-[Foo bar:]", "-[Foo baz:]"),
        ("Hub::operator==(Hub)", "Hub::operator!=(Hub)"),
    ],
}
MODULES = {
    "java": [
        ("iot.Hub$$EnhancerBySpringCGLIB$$1eef", "iot.Hub$$EnhancerBySpringCGLIB$$4d5"),
        ("iot.Hub$$SpringCGLIB$$0", "iot.Hub$$SpringCGLIB$$1"),
        ("iot.Hub$$Lambda$12/0x0000000800", "iot.Hub$$Lambda$99/0x0000001111"),
        ("iot.Hub$$Lambda.0x0000000800", "iot.Hub$$Lambda/0x0000001111"),
        ("com.acme.$Proxy42", "com.acme.$Proxy7"),
        ("iot.Hub$1", "iot.Hub$2"),
        ("iot.HubKt$main$1", "iot.HubKt$main$2"),
        ("iot.Hub_$$_jvst1a_0", "iot.Hub_$$_jvst99_3"),
        ("iot.Hub$HibernateProxy$aB3", "iot.Hub$HibernateProxy$Zz9"),
        ("iot.Hub$ByteBuddy$abc12", "iot.Hub$ByteBuddy$xyz77"),
    ],
    "csharp": [
        ("Shop.Orders+<>c__DisplayClass3_0", "Shop.Orders+<>c__DisplayClass9_1"),
        ("Shop.Orders`1", "Shop.Orders`1[[System.Int32]]"),
    ],
    "go": [
        ("github.com/acme/shop@v1.2.3/cart", "github.com/acme/shop/v2/cart"),
    ],
    "python": [("releases.20260401.shop.cart", "releases.20251224.shop.cart")],
}
BUNDLES = [
    ("app-a1B2c3D4.js", "app-Zz9_yy8x.js"),
    ("main.8f3a9c2b.js", "main.11223344.js"),
    ("main.8f3a9c2b.chunk.js", "main.aaaa1111.chunk.js"),
    ("vendors~main.abc12345.js", "vendors~main.99ffee01.js"),
    ("index-BXn3k9Qz.js", "index-DiwrgTda.js"),
    ("index-C-4Kx_9s.js", "index-abcdEf12.js"),
    ("app.js", "app.js?v=17"),
    ("app.js", "app.min.js"),
    ("_app-5f0b7c1b5f0b7c1b.js", "_app-0000aaaabbbbcccc.js"),
    ("123-abcdef0123456789.js", "877-ffff00001111aaaa.js"),
    ("app.20260401.js", "app.20261124.js"),
    ("app-v1.2.3.js", "app-v1.2.4.js"),
    ("4.5e6f7a8b.chunk.js", "7.1a2b3c4d.chunk.js"),
]
OTHER_BUNDLES = [
    ("cart.js", "order.js"),
    ("user-settings.js", "user-calendar.js"),
    ("checkout.8f3a9c2b.js", "profile.8f3a9c2b.js"),
]


def pairs(table: dict[str, list[tuple[str, str]]]) -> list[tuple[str, str, str]]:
    return [(kind, one, other) for kind, rows in table.items() for one, other in rows]


def in_function(platform: str, name: str) -> str:
    place: dict[str, Any] = {"filename": "https://x.org/app.js"}
    if platform != "javascript":
        place = {"filename": "cart.x", "package": "/opt/hub"}
    start, end = frame("start", **place), frame("end", **place)
    return hash_of(error(start, frame(name, **place), end, platform=platform))


def in_module(platform: str, name: str) -> str:
    return hash_of(error(frame("go", module=name), platform=platform))


def in_bundle(name: str) -> str:
    url = f"https://x.org/assets/{name}"
    return hash_of(error(frame("draw", filename=url), platform="javascript"))


@pytest.mark.parametrize(("platform", "one", "other"), pairs(FUNCTIONS))
def test_spellings_of_a_function_are_one(platform: str, one: str, other: str) -> None:
    assert in_function(platform, one) == in_function(platform, other)


@pytest.mark.parametrize(("platform", "one", "other"), pairs(OTHER_FUNCTIONS))
def test_other_functions_are_others(platform: str, one: str, other: str) -> None:
    assert in_function(platform, one) != in_function(platform, other)


@pytest.mark.parametrize(("platform", "one", "other"), pairs(MODULES))
def test_generated_modules_are_one(platform: str, one: str, other: str) -> None:
    assert in_module(platform, one) == in_module(platform, other)


@pytest.mark.parametrize(
    ("platform", "one", "other"),
    [
        ("php", "class@anonymous/srv/a.php:12$0", "class@anonymous/x/a.php:19$1"),
        ("java", "iot.Hub$1Problem$$Lambda$7", "iot.Hub$1Problem$$Lambda$9"),
        ("native", "EXC_BAD_ACCESS 0x1f", "EXC_BAD_ACCESS 0x2a"),
    ],
)
def test_generated_types_are_one(platform: str, one: str, other: str) -> None:
    place = frame("go", filename="x")
    hashes = {hash_of(error(place, type=t, platform=platform)) for t in (one, other)}
    assert len(hashes) == 1


def test_an_async_lambda_of_csharp_is_its_method() -> None:
    modules = ("Shop.Orders+<>c+<<Send>b__0_0>d", "Shop.Orders+<>c+<<Send>b__3_1>d")
    frames = [frame("MoveNext", module=module) for module in modules]
    frames.append(frame("Send", module="Shop.Orders"))
    assert len({hash_of(error(one, platform="csharp")) for one in frames}) == 1


def test_an_async_method_of_csharp_is_its_state_machine() -> None:
    machine = frame("MoveNext", module="Shop.Orders+<Send>d__12")
    later = frame("MoveNext", module="Shop.Orders+<Send>d__4")
    other = frame("MoveNext", module="Shop.Orders+<Cancel>d__12")
    plain = frame("Send", module="Shop.Orders")
    hashes = [
        hash_of(error(f, platform="csharp")) for f in (machine, later, plain, other)
    ]
    assert hashes[0] == hashes[1] == hashes[2] != hashes[3]


@pytest.mark.parametrize(("one", "other"), BUNDLES)
def test_builds_of_a_bundle_are_one(one: str, other: str) -> None:
    assert in_bundle(one) == in_bundle(other)


@pytest.mark.parametrize(("one", "other"), OTHER_BUNDLES)
def test_other_bundles_are_others(one: str, other: str) -> None:
    assert in_bundle(one) != in_bundle(other)


@pytest.mark.parametrize(
    "name",
    ["webpack:///./src/cart.ts", "webpack-internal:///./src/cart.ts?ab12"],
)
def test_prefixes_of_webpack_say_nothing(name: str) -> None:
    plain = error(
        frame("f", filename="webpack://shop/./src/cart.ts"), platform="javascript"
    )
    payload = error(frame("f", filename=name), platform="javascript")
    assert hash_of(payload) == hash_of(plain)


def test_a_compiled_template_is_known_without_its_hash() -> None:
    views = "/srv/storage/framework/views/"
    one = frame(
        "include", filename=f"{views}3f786850e387550fdab836ed7e6dc881de23001b.php"
    )
    other = frame(
        "include", filename=f"{views}89e6c98d92887913cadf06b2adb97f26cde4849b.php"
    )
    assert hash_of(error(one, platform="php")) == hash_of(error(other, platform="php"))


def named(axis: str, name: str) -> str:
    """The hash of an error in a function, module, script or file of the name."""
    platform, _, kind = axis.partition(" ")
    if platform == "script":
        is_bare = not {"/", "\\", " "} & set(name)
        url = f"https://x.org/assets/{name}" if is_bare else name
        return hash_of(error(frame("draw", filename=url), platform="javascript"))
    if kind == "module":
        return in_module(platform, name)
    if kind == "function":
        return in_function(platform, name)
    start, end = frame("start", filename="index.x"), frame("go", filename=name)
    return hash_of(error(start, end, platform=platform))


@pytest.mark.parametrize(("axis", "names"), rows("names_same.txt"))
def test_names_that_differ_by_build_are_one(axis: str, names: list[str]) -> None:
    assert len({named(axis, name) for name in names}) == 1


@pytest.mark.parametrize(("axis", "names"), rows("names_different.txt"))
def test_names_that_people_gave_differ(axis: str, names: list[str]) -> None:
    assert len({named(axis, name) for name in names}) == len(names)
