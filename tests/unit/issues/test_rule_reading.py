"""What is read of rules as they are documented, and what is said of mistakes."""

from __future__ import annotations

import time

import pytest

from issues.grouping.rules.reading import Read, read_rules

DOCUMENTED = r"""
# You can use comments
error.type:DatabaseUnavailable -> system-down
error.type:ConnectionError     -> system-down
error.value:"connection error: *" -> connection-error, {{ transaction }}
error.value:"could not connect (*)" -> connection-error
message:"system encountered a fatal problem: *" -> fatal-log
logger:"com.myapp.mypackage.*" -> mypackage-logger
logger:"com.myapp.FooLogger" level:"error" -> mylogger-error
tags.server_name:"canary-*.mycompany.internal" -> canary-events
stack.abs_path:"**/my-utils/*.js" -> my-utils, {{ error.type }}
stack.module:"*/my-utils/*" -> my-utils, {{ error.type }}
stack.function:"my_assertion_failed" -> my-assertion-failed
stack.package:"**/libcurl.dylib" -> libcurl
family:native !stack.module:"myproject::*" -> not-from-my-project
app:yes stack.function:"assert" -> assert
error.type:ConnectionError stack.function:"connect" stack.module:"bot" -> bot-error
stack.function:"query_database" -> {{ default }}, {{ transaction }}
stack.function:"assert" -> assertion, {{ stack.package }}
logger:my.package.* level:error -> error-logger, {{ logger }} title="E: {{ logger }}"
release:"shop@*" sdk:sentry.python transaction:/api/* -> {{ tags.a-b.c }} x{{type}}y
"""

DOCUMENTED_STACK = r"""
# mark all functions in the std namespace to be outside the app
family:native stack.function:std::*       -app
stack.abs_path:**/node_modules/**         -app
stack.abs_path:**/generated/**.js         -group
family:javascript,native stack.abs_path:**/generated/**  -group
category:telemetry -group
[ category:telemetry ] | app:yes -group
[category:telemetry] | app:yes -group
category:system | [ app:yes ] -group
[ function:a ] | function:b | [ function:c module:d ] -group
family:native max-frames=3
stack.function:fetchSavedSearches v-group
stack.abs_path:**/app/views/**.jsx stack.function:fetchData ^-group
family:native stack.function:SpawnThread v-app -app
app:no                   +app
stack.function:std::panicking::begin_panic       ^-app -app ^-group -group
family:native stack.package:**/proprietarymodule.so  max-frames=2
function:"?[[]SentryClient *" -app -group
error.type:Timeout function:poll category=waiting
!path:**/src/** -app
"""


def test_every_documented_fingerprint_rule_is_read() -> None:
    read = read_rules(DOCUMENTED, "")
    assert read.fingerprinting_mistakes == ()
    assert len(read.fingerprinting) == 19


def test_every_documented_stack_rule_is_read() -> None:
    read = read_rules("", DOCUMENTED_STACK)
    assert read.enhancements_mistakes == ()
    assert len(read.enhancements) == 19


@pytest.mark.parametrize(
    ("written", "parts", "title"),
    [
        ("a, b", ("a", "b"), ""),
        ("a b", ("a", "b"), ""),
        ('"a, b", c', ("a, b", "c"), ""),
        (r'"say \"x\""', ('say "x"',), ""),
        ("{{default}},{{ type }}", ("{{default}}", "{{ type }}"), ""),
        ("x-{{ type }}-y", ("x-{{ type }}-y",), ""),
        ('x title="In {{ function }}, at"', ("x",), "In {{ function }}, at"),
        ('x, title="T"', ("x",), "T"),
        ("a=b", ("a=b",), ""),
    ],
)
def test_a_fingerprint_is_read(written: str, parts: tuple[str], title: str) -> None:
    (rule,) = read_rules(f"type:* -> {written}", "").fingerprinting
    assert (rule.choice.fingerprint, rule.choice.title) == (parts, title)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("-> x", "column 1: expected a matcher such as"),
        ("type -> x", "column 1: expected a matcher such as"),
        ("type: -> x", "column 6: expected a pattern"),
        ("type:A stack.fun:b -> x", "column 8: there is no matcher called stack.fun"),
        ('type:"A -> x', "column 6: this quotation mark is not closed"),
        ('type:"A"b -> x', "column 9: expected a blank"),
        ("type:A", "column 7: expected -> and a fingerprint"),
        ("type:A ->", "column 10: expected a fingerprint"),
        ("type:A -> {{ type", "column 11: expected }}"),
        ('type:A -> b name="x"', "column 13: expected title=, found name="),
        ('type:A -> b title="x" c', "column 23: expected nothing after the title"),
        ("type:A{b -> x", "column 6: not a pattern"),
        ("app:maybe -> x", "column 5: expected yes or no, found maybe"),
        ("family:perl -> x", "column 8: expected javascript, native"),
        ("tags.:a -> x", "column 1: expected the name of a tag"),
        ("category:ui -> x", "column 1: there is no matcher called category"),
    ],
)
def test_a_mistake_in_a_fingerprint_rule_is_told(line: str, said: str) -> None:
    (mistake,) = read_rules(f"# first\n{line}\n", "").fingerprinting_mistakes
    assert str(mistake).startswith(f"line 2, {said}")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("-app", "column 1: expected a matcher"),
        ("function:a", "column 11: expected an action"),
        ("function:a +apps", "column 12: there is no action called +apps"),
        ("function:a -app module:b", "column 17: matchers go before actions"),
        ("function:a max-frames=x", "column 23: expected a number"),
        ("function:a max-frames=9999", "column 23: expected a number"),
        ("function:a category=", "column 21: expected the name of a category"),
        ("[ function:a | function:b -app", "column 1: this bracket is not closed"),
        ("[ function:a ] function:b -app", "column 16: expected |"),
        ("[ ] | function:b -app", "column 3: expected a matcher in the brackets"),
        ("function:b | [ type:X ] -app", "column 14: error.type is not about one"),
        ("message:a -app", "column 1: there is no matcher called message"),
        ("tags.a:b -app", "column 1: there is no matcher called tags.a"),
    ],
)
def test_a_mistake_in_a_stack_rule_is_told(line: str, said: str) -> None:
    (mistake,) = read_rules("", f"# first\n{line}\n").enhancements_mistakes
    assert str(mistake).startswith(f"line 2, {said}")


def test_every_bad_line_is_told_and_the_others_are_read() -> None:
    read = read_rules("bad\ntype:A -> a\nworse\n", "")
    assert [mistake.line for mistake in read.fingerprinting_mistakes] == [1, 3]
    assert len(read.fingerprinting) == 1


def _read_quickly(text: str) -> Read:
    started = time.process_time()
    read = read_rules(text, text)
    assert time.process_time() - started < 2
    return read


@pytest.mark.parametrize(
    "text",
    [
        "type:a -> b\n" * 90_000,
        "x" * 1_000_000,
        '"' * 90_000,
        'type:"' + "\\" * 90_000,
        "type:a -> " + "{{" * 40_000,
        "[ " * 40_000,
        "type:{a,b}{a,b}{a,b}{a,b}{a,b}{a,b} -> x\n" * 2000,
        "type:" + "{a,b}" * 10_000 + " -> x",
        "function:a " * 9000 + "-app",
    ],
)
def test_hostile_rules_are_told_to_be_such_at_once(text: str) -> None:
    read = _read_quickly(text)
    assert read.fingerprinting_mistakes
