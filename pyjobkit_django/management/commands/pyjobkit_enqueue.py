"""manage.py pyjobkit_enqueue: store one job."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from django.core.management.base import BaseCommand, CommandError

from pyjobkit_django.errors import PyjobkitError
from pyjobkit_django.management.arguments import (
    delay,
    integer,
    moment,
    positive_seconds,
    whole_number,
)
from pyjobkit_django.management.json_input import STDIN, parse, read_stdin
from pyjobkit_django.shortcuts import enqueue


class Option(NamedTuple):
    """An option of the command, the field of the job that it sets, and what reads it."""

    name: str
    field: str
    read: Callable[[str], Any]
    meaning: str


def _later(text: str) -> datetime:
    now = datetime.now(UTC)  # noqa: TID251 - a delay counts from the caller's clock
    return now + delay(text)


_OPTIONS: Final = (
    Option("queue", "queue", str, "where it waits"),
    Option("priority", "priority", integer, "lower runs first"),
    Option("at", "scheduled_for", moment, "when it is due: ISO 8601 with a zone"),
    Option("in", "scheduled_for", _later, "when it is due: 90, 5m, 36h or 7d from now"),
    Option("max-attempts", "max_attempts", whole_number, "how often it is tried"),
    Option("timeout", "timeout_s", positive_seconds, "seconds that one run may take"),
    Option("retry-policy", "retry_policy", str, "such as exponential:1:2:60"),
    Option("idempotency-key", "idempotency_key", str, "one job with it, for ever"),
    Option("unique-key", "unique_key", str, "one unfinished job with it"),
)


class Command(BaseCommand):
    """Stores one job and prints its id."""

    help = (
        "Store a job and print its id, or that of the job which holds its key. What is "
        "wrong is told in one sentence, and nothing is stored then."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", help="which executor runs it")
        parser.add_argument(
            "payload",
            nargs="?",
            default="{}",
            metavar="JSON",
            help="its payload, an object; - reads standard input ({})",
        )
        for option in _OPTIONS:
            parser.add_argument(
                f"--{option.name}",
                dest=option.name,
                metavar=option.name.upper(),
                help=option.meaning,
            )
        parser.add_argument(
            "--tag",
            action="append",
            dest="tags",
            metavar="TAG",
            help="a tag that it bears; may be given again",
        )
        parser.add_argument(
            "--shadow", action="store_true", help="throw its result away"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["at"] and options["in"]:
            raise CommandError("--at and --in both say when it is due; give one")
        try:
            job_id = enqueue(
                options["kind"],
                _payload(options["payload"]),
                tags=options["tags"],
                shadow=options["shadow"],
                **dict(_fields(options)),
            )
        except PyjobkitError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(str(job_id))


def _payload(text: str) -> Any:
    return read_stdin() if text == STDIN else parse(text, "the payload")


def _fields(options: Mapping[str, str | None]) -> Iterator[tuple[str, Any]]:
    for option in _OPTIONS:
        text = options[option.name]
        if text is None:
            continue
        try:
            yield option.field, option.read(text)
        except ArgumentTypeError as error:
            raise CommandError(f"--{option.name}: {error}") from None
