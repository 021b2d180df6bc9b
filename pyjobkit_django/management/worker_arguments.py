"""The arguments of pyjobkit_worker, grouped as its help shows them."""

from __future__ import annotations

from argparse import ArgumentParser, BooleanOptionalAction

from django.db import connections

from pyjobkit_django.management.arguments import (
    add_executor_argument,
    name_of,
    one_of,
    port,
    positive_seconds,
    rate_limits,
    whole_number,
)
from pyjobkit_django.metrics import DEFAULT_HOST


def add_worker_arguments(parser: ArgumentParser) -> None:
    """Add all of them."""
    _add_choice(parser)
    _add_pace(parser)
    _add_manner(parser)
    _add_metrics(parser)


def _add_choice(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("which jobs")
    for name, of_what in (("queue", "queues"), ("kind", "kinds"), ("tag", "tags")):
        group.add_argument(
            f"--{name}",
            action="append",
            dest=of_what,
            type=name_of(name),
            metavar=name.upper(),
            help=f"only jobs of this {name}; may be given again",
        )
    group.add_argument(
        "--database", type=one_of(*connections), help="alias of the jobs' database"
    )
    add_executor_argument(group)


def _add_pace(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("how many, how often")
    group.add_argument(
        "--concurrency", type=whole_number, default=8, help="jobs run at once (8)"
    )
    group.add_argument(
        "--batch-size",
        type=whole_number,
        help="jobs claimed at once (as --concurrency, at most 100)",
    )
    group.add_argument(
        "--rate-limit",
        action="append",
        default=[],
        dest="rate_limits",
        type=rate_limits,
        metavar="KIND:RATE[:BURST]",
        help="starts a second of this kind, of this worker; may be given again",
    )
    for name, default, meaning in (
        ("--lease-ttl", None, "a claim holds, if not extended (LEASE_TTL, 30)"),
        ("--poll-interval", 0.5, "between two looks where nothing wakes it (0.5)"),
        ("--stop-timeout", 60.0, "that running jobs get to end in (60)"),
    ):
        group.add_argument(
            name,
            type=positive_seconds,
            default=default,
            metavar="SECONDS",
            help=f"seconds {meaning}",
        )


def _add_manner(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("in what manner")
    group.add_argument(
        "--once", action="store_true", help="end when there is nothing left to do"
    )
    group.add_argument(
        "--log-format", type=one_of("text", "json"), default="text", help="text or json"
    )
    group.add_argument(
        "--reload",
        action=BooleanOptionalAction,
        help="start anew when code changes (default: under DEBUG, on a terminal)",
    )


def _add_metrics(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("for Prometheus (needs the extra 'metrics')")
    group.add_argument(
        "--metrics-port",
        type=port,
        metavar="PORT",
        help="serve metrics here, as on 9000; 0: any free port, which the log names",
    )
    group.add_argument(
        "--metrics-host",
        default=DEFAULT_HOST,
        metavar="HOST",
        help=f"who may look: this machine ({DEFAULT_HOST}), anybody (0.0.0.0)",
    )
