"""The Russian catalogue holds every string, translated, and its binary is up to date."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.utils import translation
from django.utils.translation.template import templatize

from tests.admin import addresses

PACKAGE = Path(__file__).parent.parent / "pyjobkit_django"
CATALOGUE = PACKAGE / "locale" / "ru" / "LC_MESSAGES" / "django.po"
MARKS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}
#: What marks a string under another name would be in no catalogue.
FUNCTIONS = MARKS - {"_"}
BEHIND = "run make messages, and translate what is new"
_TEXT = r"""u?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
#: As Django writes templates down for gettext; before a string may be its context.
_IN_TEMPLATE = re.compile(rf"\b(?:(?:n?gettext|_)\(|n?pgettext\({_TEXT},)\s*{_TEXT}")
_FIELD = re.compile(r"%\((\w+)\)")

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def catalogue():
    return polib.pofile(CATALOGUE)


def marked() -> set[str]:
    """Return every string that is marked in the code and the templates."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        found |= set(_in_code(ast.parse(path.read_text(encoding="utf-8"))))
    for path in PACKAGE.rglob("*.html"):
        text = templatize(path.read_text(encoding="utf-8"))
        found |= {ast.literal_eval(each) for _, each in _IN_TEMPLATE.findall(text)}
    return found


def _in_code(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and node.args):
            continue
        name, first = node.func, node.args[0]
        is_marked = isinstance(name, ast.Name) and name.id in MARKS
        if is_marked and isinstance(getattr(first, "value", None), str):
            yield first.value


def test_every_string_is_in_the_catalogue(catalogue):
    held = {entry.msgid for entry in catalogue if not entry.obsolete}

    assert sorted(marked() - held) == [], BEHIND
    assert sorted(held - marked()) == [], BEHIND


def test_every_entry_is_translated(catalogue):
    assert [entry.msgid for entry in catalogue.untranslated_entries()] == []
    assert [entry.msgid for entry in catalogue.fuzzy_entries()] == []


def test_a_translation_has_the_fields_of_its_string(catalogue):
    wrong = [
        (entry.msgid, text)
        for entry in catalogue
        for text in [entry.msgstr, *entry.msgstr_plural.values()]
        if text and not set(_FIELD.findall(text)) <= _fields(entry)
    ]

    assert wrong == []


def _fields(entry):
    return set(_FIELD.findall(entry.msgid + entry.msgid_plural))


def test_the_binary_is_up_to_date(catalogue):
    binary = polib.mofile(CATALOGUE.with_suffix(".mo"))

    assert _texts(binary) == _texts(catalogue), BEHIND


def _texts(file):
    return {
        (entry.msgctxt, entry.msgid): (entry.msgstr, entry.msgstr_plural)
        for entry in file
    }


def test_strings_are_marked_by_the_names_that_are_looked_for():
    """An alias such as ``gettext as text`` would be found by no tool."""
    aliases = [
        (str(path.relative_to(PACKAGE)), each.asname)
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        and node.module == "django.utils.translation"
        for each in node.names
        if each.name in FUNCTIONS and each.asname not in (None, "_")
    ]

    assert aliases == []


@pytest.mark.django_db
def test_pages_are_shown_in_the_language_of_the_reader(admin_client):
    with translation.override("ru"):
        shown = admin_client.get(addresses.dashboard()).content.decode()

    assert "Запуски в минуту по исходам" in shown
    assert "Неудавшихся заданий нет." in shown
