"""What each reason of an outcome means, and what can be done about it."""

from __future__ import annotations

from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ingest.outcomes import Outcome

Text = str | Promise


class Words(NamedTuple):
    """What has happened, and what can be done about it (empty: nothing needs to)."""

    meaning: Text
    advice: Text = ""


def _by_filter(meaning: Text) -> Words:
    return Words(
        meaning, _("Change the project's inbound filters to keep such events.")
    )


WORDS: Final[dict[tuple[Outcome, str], Words]] = {
    (Outcome.ACCEPTED, "limits_open"): Words(
        _("Taken in and stored; whether a limit allowed it could not be checked."),
        _("Ask the operator to look at the service's health."),
    ),
    (Outcome.FILTERED, "ip-address"): _by_filter(
        _("It came from or was about an address that the project filters out.")
    ),
    (Outcome.FILTERED, "release-version"): _by_filter(
        _("It is of a release that the project filters out.")
    ),
    (Outcome.FILTERED, "environment"): _by_filter(
        _("It is of an environment that the project filters out.")
    ),
    (Outcome.FILTERED, "error-message"): _by_filter(
        _("Its message is one that the project filters out.")
    ),
    (Outcome.FILTERED, "localhost"): _by_filter(
        _("It happened on somebody's own machine, which the project filters out.")
    ),
    (Outcome.FILTERED, "browser-extensions"): _by_filter(
        _("It was caused by a browser's extension.")
    ),
    (Outcome.FILTERED, "health-check"): _by_filter(
        _("It happened while a health check was answered.")
    ),
    (Outcome.FILTERED, "web-crawlers"): _by_filter(
        _("It was caused by a web crawler.")
    ),
    (Outcome.FILTERED, "legacy-browsers"): _by_filter(
        _("It happened in an old browser, which the project filters out.")
    ),
    (Outcome.FILTERED, "discarded"): Words(
        _("Somebody has discarded its issue: no more of it is wanted."),
        _("Take it in again at the discarded issues in the project's settings."),
    ),
    (Outcome.FILTERED, "event_refused"): Words(
        _("A file of an event that was not stored itself."),
        _("See what became of the event."),
    ),
    (Outcome.FILTERED, "event_sampled"): Words(
        _("A file of an event beyond the hour's sample, which is only counted."),
    ),
    (Outcome.RATE_LIMITED, "key"): Words(
        _("The rate limit of the key was reached."),
        _("Raise the limit at the project's client keys, or send less."),
    ),
    (Outcome.RATE_LIMITED, "project"): Words(
        _("The rate limit of the project was reached."),
        _("Raise the project's limit, or send less."),
    ),
    (Outcome.RATE_LIMITED, "organization"): Words(
        _("The rate limit of the organization was reached."),
        _("Raise the organization's limit, or send less."),
    ),
    (Outcome.RATE_LIMITED, "spike"): Words(
        _("Spike protection: the project sent far more than is usual for it."),
        _("Find what floods the project; an admin can change its spike protection."),
    ),
    (Outcome.REJECTED, "disabled_key"): Words(
        _("The request's key is disabled."),
        _("Enable the key, or give the application the DSN of another one."),
    ),
    (Outcome.INVALID, "auth"): Words(
        _("The request's credentials could not be read."),
        _("Copy the DSN again from the project's client keys."),
    ),
    (Outcome.INVALID, "body"): Words(
        _("The request's body was empty, broke off or could not be unpacked."),
        _("Look for a proxy that cuts bodies or changes their encoding."),
    ),
    (Outcome.INVALID, "envelope"): Words(
        _("The request's body is no envelope."),
        _("Look for a proxy that changes bodies; update the SDK."),
    ),
    (Outcome.INVALID, "dropped"): Words(
        _("It had been set aside, and an admin dropped it."),
    ),
    (Outcome.INVALID, "media_type"): Words(
        _("The request's Content-Type is none that the address takes."),
        _("Look at how the request is sent; for events, use an SDK's DSN."),
    ),
    (Outcome.INVALID, "query"): Words(
        _("The request's address has too many parameters."),
    ),
    (Outcome.INVALID, "report"): Words(
        _("The request holds no report about security or the network."),
        _("Look at what the browser is told to send to this address."),
    ),
    (Outcome.INVALID, "form"): Words(
        _("The request's form could not be read."),
        _("Look for a proxy that changes bodies; update the uploader."),
    ),
    (Outcome.INVALID, "protobuf"): Words(
        _("It is no message of OpenTelemetry's protocol."),
        _("Look at the exporter's settings."),
    ),
    (Outcome.INVALID, "duration"): Words(
        _("A check-in whose duration is no number of seconds."),
    ),
    (Outcome.OVERLOADED, "aside"): Words(
        _("Too many large requests came at once."),
        _("Send less at once, or ask the operator for more web processes."),
    ),
    (Outcome.INVALID, "json"): Words(
        _("It is no JSON."),
        _("Look for a proxy that changes bodies; update the SDK."),
    ),
    (Outcome.INVALID, "not_an_object"): Words(
        _("It is JSON, but no object."), _("Update the SDK.")
    ),
    (Outcome.INVALID, "second_event"): Words(
        _("An envelope holds one event, and this was its second."),
        _("Send each event in an envelope of its own."),
    ),
    (Outcome.INVALID, "dsn"): Words(
        _("The envelope names another project or key than its request."),
        _("Look at the tunnel or relay between the SDK and this service."),
    ),
    (Outcome.TOO_LARGE, "items"): Words(
        _("The envelope had more items than any SDK sends."), _("Update the SDK.")
    ),
    (Outcome.TOO_LARGE, "body"): Words(
        _("The request's body was larger than this service allows."),
        _("Send less at once, or ask the operator to raise the limits."),
    ),
    (Outcome.TOO_LARGE, "client_report"): Words(
        _("A client report was larger than any SDK makes it."), _("Update the SDK.")
    ),
    (Outcome.INVALID, "event_id"): Words(
        _("It belongs to an event and does not say to which."), _("Update the SDK.")
    ),
    (Outcome.INVALID, "minidump"): Words(
        _("It was sent as a minidump and is none."),
        _("Look at how the crash handler uploads its dumps."),
    ),
    (Outcome.INVALID, "unreal_report"): Words(
        _("A report of Unreal Engine's that could not be taken apart."),
    ),
    (Outcome.INVALID, "comments"): Words(
        _("User feedback without any words."),
        _("Let the form ask for a message."),
    ),
    (Outcome.INVALID, "session_age"): Words(
        _("A session that began more than five days before."),
        _("Look at the clocks of the devices, if there are many."),
    ),
    (Outcome.INVALID, "session_id"): Words(
        _("A session that goes on and does not say which one it is."),
        _("Update the SDK."),
    ),
    (Outcome.INVALID, "session_release"): Words(
        _("A session without a release, of which nothing could be counted."),
        _("Set the release when the SDK is initialised."),
    ),
    (Outcome.INVALID, "monitor_slug"): Words(
        _("A check-in that names no monitor."),
        _("Set the monitor's slug in the SDK or in the address."),
    ),
    (Outcome.INVALID, "status"): Words(
        _("A check-in without a status that is known."),
        _("Send ok, error or in_progress."),
    ),
    (Outcome.INVALID, "check_in_id"): Words(
        _("A check-in whose id is no UUID."),
    ),
    (Outcome.INVALID, "unknown_monitor"): Words(
        _("A check-in of a monitor that nobody made."),
        _("Make the monitor, or send its settings with the check-in."),
    ),
    (Outcome.INVALID, "monitor_settings"): Words(
        _("A check-in of a new monitor whose settings cannot be read."),
        _("Look at the schedule that the SDK sends."),
    ),
    (Outcome.INVALID, "check_in_of_other_monitor"): Words(
        _("A check-in whose id is that of another monitor's run."),
    ),
    (Outcome.DUPLICATE, "check_in_ended"): Words(
        _("A check-in of a run that had ended already."),
    ),
    (Outcome.FILTERED, "monitor_disabled"): Words(
        _("A check-in of a monitor that is switched off."),
        _("Switch the monitor on if its check-ins should count."),
    ),
    (Outcome.INVALID, "too_many_monitors"): Words(
        _("A check-in that would have made one monitor too many."),
        _("Delete monitors that are no longer needed."),
    ),
    (Outcome.INVALID, "too_many_environments"): Words(
        _("A check-in that would have given a monitor one environment too many."),
        _("Send fewer different environments."),
    ),
    (Outcome.RATE_LIMITED, "check_ins_per_minute"): Words(
        _("More check-ins of a monitor in a minute than any schedule needs."),
        _("Send one check-in at the beginning and one at the end of a run."),
    ),
    (Outcome.RATE_LIMITED, "project_attachments"): Words(
        _("The project's files had reached the room that they may take."),
        _("Send fewer files, or ask the operator for more room."),
    ),
    (Outcome.TOO_LARGE, "attachment"): Words(
        _("A file larger than this service allows."),
        _("Send smaller files, or ask the operator to raise the limit."),
    ),
    (Outcome.TOO_LARGE, "event_attachments"): Words(
        _("An event had as many files as it may have, or as large ones."),
        _("Send fewer files with each event."),
    ),
    (Outcome.TOO_LARGE, "session_groups"): Words(
        _("An item held more groups of sessions than any SDK sends."),
        _("Update the SDK."),
    ),
    (Outcome.OVERLOADED, "storage"): Words(
        _("The storage of files could not take it."),
        _("Ask the operator to look at the disk or the object storage."),
    ),
    (Outcome.OVERLOADED, "stream"): Words(
        _("The queue was full or could not be reached."),
        _("Ask the operator to look at the service's health and backlog."),
    ),
    (Outcome.CLIENT_DISCARD, "before_send"): Words(
        _("The application's own before_send hook dropped it."),
    ),
    (Outcome.CLIENT_DISCARD, "event_processor"): Words(
        _("An event processor or an integration in the application dropped it."),
    ),
    (Outcome.CLIENT_DISCARD, "ignored"): Words(
        _("The application told the SDK to ignore such events."),
    ),
    (Outcome.CLIENT_DISCARD, "sample_rate"): Words(
        _("The SDK's sample rate left it out."),
        _("Raise the sample rate in the SDK to receive more."),
    ),
    (Outcome.CLIENT_DISCARD, "ratelimit_backoff"): Words(
        _("The SDK held it back, as a rate limit here had told it to."),
        _("See what is rate limited in the table above."),
    ),
    (Outcome.CLIENT_DISCARD, "network_error"): Words(
        _("The SDK could not reach this service, or was answered unexpectedly."),
        _("Look at the network and the proxies between."),
    ),
    (Outcome.CLIENT_DISCARD, "send_error"): Words(
        _("This service or a proxy before it refused the request."),
        _("See what is refused in the table above."),
    ),
    (Outcome.CLIENT_DISCARD, "queue_overflow"): Words(
        _("The SDK's queue was full: it could not send as fast as events came."),
        _("Look at the network, or let the SDK sample."),
    ),
    (Outcome.CLIENT_DISCARD, "buffer_overflow"): Words(
        _("The SDK's buffer was full: it could not send as fast as records came."),
        _("Look at the network, or let the SDK sample."),
    ),
    (Outcome.CLIENT_DISCARD, "cache_overflow"): Words(
        _("The SDK's store for the time without a network was full."),
        _("Let the SDK keep more, or accept the gap."),
    ),
    (Outcome.CLIENT_DISCARD, "backpressure"): Words(
        _("The SDK was busy and lowered its sample rate."),
    ),
    (Outcome.CLIENT_DISCARD, "internal_sdk_error"): Words(
        _("The SDK failed while it made or sent it."), _("Update the SDK.")
    ),
    (Outcome.CLIENT_DISCARD, "insufficient_data"): Words(
        _("It held too little to be worth sending."),
    ),
    (Outcome.CLIENT_DISCARD, "invalid"): Words(
        _("The SDK found it invalid."), _("Update the SDK.")
    ),
    (Outcome.CLIENT_DISCARD, "no_parent_span"): Words(
        _("It was a span without the span that it belongs to."),
    ),
    (Outcome.CLIENT_DISCARD, "other"): Words(
        _("There were more reasons in an hour than are counted apart."),
    ),
}
