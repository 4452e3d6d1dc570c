"""The first version of grouping: a pure function from an event to its hashes.

In this order, the first that says something counts: a checksum; a rule of the
project; a fingerprint without ``{{ default }}``; a family of errors known to be one;
a policy report; the exceptions by type and the app's own frames, or by their
parameterised text where no frame counts; the trace of a thread or of a message; a
template; the message. Line numbers, addresses, folders, variables and contexts never
count.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from issues.csp import blocked_source
from issues.event import Event, Stacktrace
from issues.grouping.parts import Grouping, Part
from issues.grouping.rules import NO_RULES, Choice, GroupingRules
from issues.grouping.v1.chain import components
from issues.grouping.v1.families import family_of
from issues.grouping.v1.fingerprint import default_name, filled, resolved
from issues.grouping.v1.frames import Trace, trace
from issues.grouping.v1.holes import without_kinds
from issues.grouping.v1.parameterise import parameterised

VERSION = "v1"
HASH_BYTES = 16

Computed = tuple[list[str], tuple[Part, ...]]


def group(event: Event, rules: GroupingRules = NO_RULES) -> Grouping:
    """The hash of the event and the parts that it was made of."""
    checksum = event.get("checksum")
    if checksum:
        return _grouping(["checksum", checksum], (Part("checksum", (checksum,)),))
    choice = rules.choice(event)
    if choice is not None:
        return _by_rule(event, choice, rules)
    sent = event.get("fingerprint")
    if sent and not (len(sent) == 1 and default_name(sent[0])):
        hint = "the fingerprint that the SDK sent counts instead"
        return _by_fingerprint(event, sent, rules, hint)
    return _grouping(*_computed(event, rules))


def _grouping(texts: list[str], parts: tuple[Part, ...]) -> Grouping:
    digest = blake2b("\x00".join(texts).encode(), digest_size=HASH_BYTES).digest()
    return Grouping(VERSION, (digest,), parts)


def _by_rule(event: Event, choice: Choice, rules: GroupingRules) -> Grouping:
    """The words that a rule of the project chose, with the title it gives."""
    own = Part("rule", (choice.rule,))
    title = filled(choice.title, event) if choice.title else ""
    if len(choice.fingerprint) == 1 and default_name(choice.fingerprint[0]):
        found = _grouping(*_computed(event, rules))
    else:
        hint = "a rule of the project counts instead"
        found = _by_fingerprint(event, choice.fingerprint, rules, hint)
    return found._replace(parts=(own, *found.parts), title=title)


def _by_fingerprint(
    event: Event, words: Sequence[str], rules: GroupingRules, hint: str
) -> Grouping:
    """The words of a fingerprint, the computed part among them where they ask."""
    texts = ["fingerprint"]
    computed: Computed | None = None
    shown = []
    for word in words:
        if default_name(word):
            computed = computed or _computed(event, rules)
            texts += ["{{ default }}", *computed[0]]
            shown.append("{{ default }}")
        else:
            value = resolved(word, event)
            texts.append("=" + value)
            shown.append(value)
    own = Part("fingerprint", tuple(shown))
    if computed is not None:
        return _grouping(texts, (own, *computed[1]))
    _, parts = _computed(event, rules)
    unused = tuple(part if part.hint else part._replace(hint=hint) for part in parts)
    return _grouping(texts, (own, *unused))


def _computed(event: Event, rules: GroupingRules) -> Computed:
    """The texts to hash and the parts, without regard to a fingerprint."""
    family = family_of(event)
    if family:
        return ["family", family], (Part("family", (family,)),)
    for strategy in _STRATEGIES:
        computed = strategy(event, rules)
        if computed is not None:
            return computed
    return ["fallback"], (Part("fallback", ("it holds nothing to group by",)),)


def _by_exceptions(event: Event, rules: GroupingRules) -> Computed | None:
    if "exception" not in event:
        return None
    place = _crashed_trace(event, rules)
    found = components(event, rules, is_placed=place is not None)
    texts: list[str] = []
    for component in found:
        if component.texts:
            texts += ["exception", *component.texts]
    if not texts:
        return None
    parts = tuple(component.part for component in found)
    if place is None:
        return texts, parts
    return [*texts, "trace", *place.texts], (*parts, place.part)


def _crashed_trace(event: Event, rules: GroupingRules) -> Trace | None:
    """The trace of the thread that crashed, where no exception has one."""
    if "threads" not in event:
        return None
    if any("stacktrace" in value for value in event["exception"]["values"]):
        return None
    crashed = [thread for thread in event["threads"]["values"] if thread.get("crashed")]
    stack = crashed[0].get("stacktrace") if len(crashed) == 1 else None
    if stack is None:
        return None
    verdicts = rules.verdicts(stack["frames"], event["platform"], None)
    found = trace(stack["frames"], event["platform"], verdicts)
    return found if found.texts else None


def _by_trace(event: Event, rules: GroupingRules) -> Computed | None:
    """A trace without an exception: that of a thread, or of where a message was sent.

    The place where a message is sent tells which message it is only where its text
    stands there in the source; else the text counts too.
    """
    stack = _sole_trace(event)
    if stack is None:
        return None
    verdicts = rules.verdicts(stack["frames"], event["platform"], None)
    found = trace(stack["frames"], event["platform"], verdicts)
    if not found.texts:
        return None
    message = _by_message(event, rules)
    if message is None:
        return ["trace", *found.texts], (found.part,)
    texts, parts = message
    is_template = "message" in event.get("logentry", {})
    if not is_template and found.is_source_of(event["logentry"]["formatted"]):
        unused = parts[0]._replace(hint="the line that sent it tells more")
        return ["trace", *found.texts], (found.part, unused)
    return ["trace", *found.texts, *texts], (found.part, *parts)


def _sole_trace(event: Event) -> Stacktrace | None:
    """The trace of the only thread that crashed, is current, or exists at all."""
    if "stacktrace" in event:
        return event["stacktrace"]
    threads = event["threads"]["values"] if "threads" in event else []
    crashed = [thread for thread in threads if thread.get("crashed")]
    current = [thread for thread in threads if thread.get("current")]
    for candidates in (crashed, current, threads):
        if len(candidates) == 1:
            return candidates[0].get("stacktrace")
    return None


def _by_policy(event: Event, _: GroupingRules) -> Computed | None:
    if "csp" in event:
        report = event["csp"]
        values = (report["effective_directive"], blocked_source(report))
        return ["csp", *values], (Part("csp", values),)
    if "security" in event:
        kind = str(event["security"]["type"])
        host = str(event["security"]["report"]["hostname"])
        return ["security", kind, host], (Part("security", (kind, host)),)
    return None


def _by_template(event: Event, _: GroupingRules) -> Computed | None:
    template = event.get("template")
    if not template:
        return None
    file = (template.get("filename") or template.get("abs_path", "")).rpartition("/")[2]
    values = (file, " ".join(template.get("context_line", "").split()))
    return (["template", *values], (Part("template", values),)) if any(values) else None


def _by_message(event: Event, _: GroupingRules) -> Computed | None:
    """The template as it is, else the text without its variable data."""
    entry = event.get("logentry")
    if entry is None:
        return None
    template = entry.get("message")
    if template and "params" in entry:
        return ["message", template], (Part("message", (template,)),)
    text = parameterised(template or entry["formatted"])
    if not text:
        return None
    return ["message", without_kinds(text)], (Part("message", (text,)),)


_STRATEGIES = (_by_policy, _by_exceptions, _by_trace, _by_template, _by_message)
