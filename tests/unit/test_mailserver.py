"""How the mail server is named, and what is no name of one."""

import pytest

from errtrack.env import BadSetting
from errtrack.mailserver import MailServer, sender, server


def test_without_an_address_there_is_no_server() -> None:
    assert server("") is None


def test_an_address_says_who_signs_in_and_how() -> None:
    assert server("smtp+tls://ann%40x.example:p%3Aw@mail.example:2525") == MailServer(
        host="mail.example",
        port=2525,
        user="ann@x.example",
        password="p:w",
        has_starttls=True,
        has_tls=False,
    )


@pytest.mark.parametrize(
    ("scheme", "port"), [("smtp", 25), ("smtp+tls", 587), ("smtps", 465)]
)
def test_each_way_has_its_usual_port(scheme: str, port: int) -> None:
    found = server(f"{scheme}://mail.example")
    assert found is not None
    assert found.port == port
    assert (found.has_starttls, found.has_tls) == (port == 587, port == 465)


@pytest.mark.parametrize(
    "wrong",
    [
        "mail.example:25",
        "http://mail.example",
        "smtp://",
        "smtp://mail.example:port",
        "smtp://mail.example/box",
        "smtp://mail.example?tls=1",
    ],
)
def test_what_is_no_server_stops_the_start(wrong: str) -> None:
    with pytest.raises(BadSetting, match="ERRTRACK_MAIL_URL: expected"):
        server(wrong)


def test_the_sentence_about_a_wrong_address_holds_no_password() -> None:
    with pytest.raises(BadSetting) as refused:
        server("smtp://ann:secret@mail.example:port")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("public_url", "address"),
    [
        ("https://errors.example.com", "errtrack@errors.example.com"),
        ("http://127.0.0.1:8000", "errtrack@localhost"),
        ("http://[::1]:8000", "errtrack@localhost"),
    ],
)
def test_mails_come_from_the_public_host(public_url: str, address: str) -> None:
    assert sender("", public_url) == address


@pytest.mark.parametrize("right", ["a@example.com", "Errors <a@example.com>"])
def test_a_sender_may_have_a_name(right: str) -> None:
    assert sender(right, "http://localhost") == right


@pytest.mark.parametrize("wrong", ["errors", "a@", "@b", "a@b\nBcc: c@d"])
def test_a_sender_must_be_an_address(wrong: str) -> None:
    with pytest.raises(BadSetting, match="ERRTRACK_MAIL_FROM: expected"):
        sender(wrong, "http://localhost")
