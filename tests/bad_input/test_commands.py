"""Whatever stands behind a command, it runs or says in a sentence why not."""

from __future__ import annotations

from io import StringIO
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command, load_command_class
from hypothesis import given
from hypothesis import strategies as st

from docs.generators.commands import _options_of_django
from pyjobkit_django.models import Job
from tests.bad_input.strategies import any_text, one_sentence, tried
from tests.stored_jobs import queued, undone

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

NAMES = ["enqueue", "prune", "health", "worker"]


def flags(name):
    command = load_command_class("pyjobkit_django", f"pyjobkit_{name}")
    parser = command.create_parser("manage.py", name)
    return sorted(
        option
        for action in parser._actions
        for option in action.option_strings
        if option.startswith("--") and option not in _options_of_django()
    )


def words(name):
    """Return command lines: flags of the command, with values, and stray words."""
    value = any_text | st.sampled_from(
        ["1", "0.5", "default", "7d", "k", "[1]", '{"a": 1}', "2099-01-01T00:00Z"]
    )
    flag = st.sampled_from(flags(name))
    pair = st.tuples(flag, value).map(lambda pair: [f"{pair[0]}={pair[1]}"])
    apart = st.tuples(flag, value).map(list)
    return st.lists(pair | apart | flag.map(lambda word: [word]), max_size=3).map(
        lambda lists: [word for some in lists for word in some]
    )


def is_told(error):
    """Tell whether each line is a sentence; argparse quotes what is left over as it is."""
    text = str(error)
    quoted = ("unrecognized arguments", "ambiguous option", "ignored explicit argument")
    return any(words in text for words in quoted) or all(
        map(one_sentence, text.splitlines())
    )


def run(name, *arguments):
    """Return what a command printed; None where it refused in a sentence."""
    out = StringIO()
    try:
        call_command(f"pyjobkit_{name}", *arguments, stdout=out)
    except CommandError as error:
        assert is_told(error)
        return None
    return out.getvalue()


@tried
@given(kind=any_text, payload=any_text | st.just("{}"), more=words("enqueue"))
def test_enqueue_stores_one_job_or_none(kind, payload, more):
    with undone():
        printed = run("enqueue", *more, "--", kind, payload)
        if printed is None:
            assert Job.objects.count() == 0
        else:
            assert UUID(printed.strip()) == Job.objects.get().pk


@tried
@given(more=words("prune"))
def test_prune_deletes_ended_jobs_or_nothing(more):
    with undone():
        queued(2)
        run("prune", *more)
        assert Job.objects.count() == 2


@tried
@given(more=words("health"))
def test_health_finds_or_refuses(more):
    run("health", *more)


@tried
@given(more=words("worker"))
def test_a_worker_is_built_or_its_arguments_are_refused(more):
    command = load_command_class("pyjobkit_django", "pyjobkit_worker")
    try:
        parser = command.create_parser("manage.py", "pyjobkit_worker")
        command._called_from_command_line = False
        options = vars(parser.parse_args(more))
        command._worker(options)
    except (CommandError, ValueError) as error:
        assert is_told(error)
