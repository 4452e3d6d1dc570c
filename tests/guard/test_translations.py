"""Chinese is complete, and what is compiled is what is written."""

from __future__ import annotations

import ast
import gettext
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.utils.translation import to_locale

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "locale" / to_locale("zh-hans") / "LC_MESSAGES"
ROOMS = (
    *("alerts", "errtrack", "ingest", "issues", "monitors", "projects", "releases"),
    "templates",
)
_FIELD = re.compile(r'(msgid|msgid_plural|msgstr(?:\[\d\])?) (".*")')
_NAMES = re.compile(r"%\(\w+\)s|%[sd]|\{\w+\}")

# What a template holds besides text: its own tags, and what is not in any language.
_NO_TEXT = (
    r"{% comment %}.*?{% endcomment %}",
    r"{% blocktranslate.*?{% endblocktranslate %}",
    r"{% block page %}.*?{% endblock %}",
    r"{%.*?%}|{{.*?}}|{#.*?#}",
    r"<(kbd|code|pre|svg)\b.*?</\1>",
    r"&\w+;",
)
_TOLD = re.compile(r'\b(?:aria-label|title|placeholder|alt)="([^"]*)"')
# Names, units and addresses are the same in all languages.
_SAME = re.compile(
    r"(?<![A-Za-z])(errtrack|EN|URL|SDK|ms)(?![A-Za-z])|/[a-z/]+|[0-9a-f]{32}"
)

Entry = dict[str, str]


def entries(path: Path) -> list[Entry]:
    """The fields of each entry of a .po file; `flags` has its comments."""
    found: list[Entry] = []
    for block in path.read_text().split("\n\n"):
        entry: Entry = {"flags": ""}
        name = ""
        for line in block.splitlines():
            if line.startswith("#"):
                entry["flags"] += line
            elif field := _FIELD.fullmatch(line):
                name = field[1]
                entry[name] = ast.literal_eval(field[2])
            elif line.startswith('"'):
                entry[name] += ast.literal_eval(line)
        if entry.get("msgid"):
            found.append(entry)
    return found


def translation(entry: Entry) -> str:
    return entry.get("msgstr") or entry.get("msgstr[0]", "")


def bare_texts(template: str) -> list[str]:
    """What a reader would see of the template that nobody can translate."""
    for pattern in _NO_TEXT:
        template = re.sub(pattern, "", template, flags=re.DOTALL)
    texts = _TOLD.findall(template) + re.sub(r"<[^>]*>", "\n", template).splitlines()
    return [t.strip() for t in texts if re.search(r"[A-Za-z]{2,}", _SAME.sub("", t))]


@pytest.fixture(scope="module")
def chinese() -> list[Entry]:
    return entries(CATALOGUE / "django.po")


def test_nothing_is_empty_or_guessed(chinese: list[Entry]) -> None:
    assert [e["msgid"] for e in chinese if not translation(e)] == []
    assert [e["msgid"] for e in chinese if "fuzzy" in e["flags"]] == []


def test_placeholders_are_kept(chinese: list[Entry]) -> None:
    """A name that is missing or misspelt would break the page that fills it in."""
    wrong = []
    for entry in chinese:
        wanted = [set(_NAMES.findall(entry["msgid"]))]
        if "msgid_plural" in entry:
            wanted.append(set(_NAMES.findall(entry["msgid_plural"])))
        if set(_NAMES.findall(translation(entry))) not in wanted:
            wrong.append(entry["msgid"])
    assert wrong == []


def test_the_compiled_catalogue_is_up_to_date(chinese: list[Entry]) -> None:
    with (CATALOGUE / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    stale = []
    for entry in chinese:
        if "msgid_plural" in entry:
            seen = compiled.ngettext(entry["msgid"], entry["msgid_plural"], 2)
        else:
            seen = compiled.gettext(entry["msgid"])
        if seen != translation(entry):
            stale.append(entry["msgid"])
    assert stale == [], "run msgfmt on django.po"


@pytest.mark.skipif(not shutil.which("xgettext"), reason="gettext is not installed")
def test_every_text_is_in_the_catalogue(chinese: list[Entry], tmp_path: Path) -> None:
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room)
    (tmp_path / "locale").mkdir()
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "--locale=en", "--keep-pot"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    wanted = {entry["msgid"] for entry in entries(tmp_path / "locale" / "django.pot")}
    known = {entry["msgid"] for entry in chinese}
    assert wanted - known == set(), "not translated"
    assert known - wanted == set(), "no longer used"


def test_no_template_holds_text_that_is_not_translated() -> None:
    found = {
        str(path.relative_to(ROOT)): texts
        for path in sorted((ROOT / "templates").rglob("*.html"))
        if (texts := bare_texts(path.read_text()))
    }
    assert found == {}


def test_text_that_is_not_translated_would_be_found() -> None:
    bare = (
        '<p title="{{ t }}">{% translate "Yes" %} No</p><b aria-label="Nor this"></b>'
    )
    assert bare_texts(bare) == ["Nor this", "No"]
