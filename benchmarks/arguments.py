"""The command line: python -m benchmarks ours, peers, limits or publish."""

from __future__ import annotations

import argparse
from collections.abc import Sequence


def parse(
    words: Sequence[str] | None, *, parts: Sequence[str], peers: Sequence[str]
) -> argparse.Namespace:
    """Return what to measure; a wrong word ends the process with the right ones."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    commands = parser.add_subparsers(dest="command", required=True)

    ours = commands.add_parser("ours", help="our own queue")
    ours.add_argument("--full", action="store_true", help="all that is promised")
    ours.add_argument("--only", type=_names_of(parts), default=list(parts))
    ours.add_argument("--rounds", type=int, default=3)

    others = commands.add_parser("peers", help="ours beside other queues")
    others.add_argument("--all", action="store_true", help="every queue there is")
    others.add_argument("--only", type=_names_of(peers), default=[])
    others.add_argument("--rounds", type=int, default=3)
    others.add_argument("--scale", type=float, default=1, help="of the numbers of jobs")

    limits = commands.add_parser("limits", help="what the parts beneath allow")
    limits.add_argument("--rounds", type=int, default=3)

    commands.add_parser("publish", help="write the last runs' figures into the docs")
    return parser.parse_args(words)


class _NamesOf:
    """Reads names with commas between them; argparse prints what is wrong."""

    def __init__(self, known: Sequence[str]) -> None:
        self._known = known

    def __call__(self, text: str) -> list[str]:
        names = [name.strip() for name in text.split(",") if name.strip()]
        if unknown := [name for name in names if name not in self._known]:
            raise argparse.ArgumentTypeError(
                f"{', '.join(unknown)}: not among {', '.join(self._known)}"
            )
        return names


def _names_of(known: Sequence[str]) -> _NamesOf:
    return _NamesOf(known)
