"""The reference of the commands, from their own parsers."""

from __future__ import annotations

import pkgutil
from argparse import Action
from collections.abc import Iterator
from typing import Final

from django.core.management import load_command_class
from django.core.management.base import BaseCommand

from pyjobkit_django.management import commands

APP: Final = "pyjobkit_django"
PREFACE: Final = """\
# Commands

Each is run with `python manage.py`, takes Django's own options (`--settings`,
`--verbosity`, …) and says with `--help` what stands here. `make docs` writes this page from
the commands themselves.
"""


def commands_page() -> str:
    """Return the page in Markdown."""
    names = sorted(module.name for module in pkgutil.iter_modules(commands.__path__))
    return "\n".join([PREFACE, *(_section(name) for name in names)])


def _section(name: str) -> str:
    command = load_command_class(APP, name)
    parser = command.create_parser("manage.py", name)
    common = _options_of_django()
    lines = [f"## {name}\n", f"{command.help}\n"]
    for group in parser._action_groups:  # noqa: SLF001 - argparse tells it no other way
        actions = [
            action
            for action in group._group_actions  # noqa: SLF001 - the same
            if not common.intersection(action.option_strings)
        ]
        if actions:
            lines += [f"{_capital(group.title or '')}:\n", *_table(actions), ""]
    return "\n".join(lines)


def _options_of_django() -> set[str]:
    parser = BaseCommand().create_parser("manage.py", "any")
    return {name for action in parser._actions for name in action.option_strings}  # noqa: SLF001 - the same


def _table(actions: list[Action]) -> Iterator[str]:
    yield "| | |"
    yield "|---|---|"
    for action in actions:
        yield f"| `{_usage(action)}` | {(action.help or '').replace('|', '\\|')} |"


def _usage(action: Action) -> str:
    metavar = action.metavar if isinstance(action.metavar, str) else None
    if not action.option_strings:
        return metavar or action.dest
    name = action.option_strings[0]
    if action.nargs == 0:
        return name if len(action.option_strings) == 1 else _switch(action)
    return f"{name} {metavar or action.dest.upper()}"


def _switch(action: Action) -> str:
    return ", ".join(action.option_strings)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
