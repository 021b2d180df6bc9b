"""How a server is asked to run a command: as it is, or under watch.

A server that loses a connection leaves the commands on it running, and OpenSSH passes
no signals on to root's. So the command is started by ``sh``, which leaves a watch
behind: the channel's stdin stays open for as long as somebody waits for the command,
and where that closes the watch ends the command's process group.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from pyjobkit_django.executors.ssh.command import Command

# `$1` is the grace in seconds, `$2` the bytes of stdin or `none`, `$3` the command;
# in the watch, `$$` is the command's process. A watch that finds it gone stays idle:
# what a command that has ended left running on purpose goes on.
_WATCH: Final = (
    '{ exec <&3 >/dev/null 2>&1; trap "" HUP INT TERM; cat; kill -0 $$ && '
    "{ kill -TERM -$$ || kill -TERM $$; sleep $1; kill -KILL -$$ || kill -KILL $$; }; } &"
)
_RUN: Final = 'exec "${SHELL:-/bin/sh}" -c "$3"'
# Its orders come on stdin, where no list of processes shows them, and where nothing
# has to be quoted for whatever shell the remote user has.
SCRIPT: Final = (
    "exec sh -c '"
    'IFS= read -r pyjobkit; eval "$pyjobkit"; exec 3<&0; '
    f'if [ "$2" = none ]; then {_WATCH} {_RUN} </dev/null 3<&-; fi; '
    f'{{ head -c "$2" <&3; {_WATCH} }} | {{ {_RUN} 3<&-; }}'
    "' pyjobkit"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a server is sent; ``holds_stdin`` where its end is to end the command."""

    line: str
    stdin: bytes
    holds_stdin: bool
    env: Mapping[str, str] = field(default_factory=dict)


def suits(server_version: str) -> bool:
    """Tell whether a server of this version surely starts commands with a POSIX shell."""
    is_posix = "OpenSSH" in server_version or "dropbear" in server_version
    return is_posix and "Windows" not in server_version


def plain(command: Command) -> Request:
    """Ask for the command as it is; servers may leave ``env`` and signals aside."""
    stdin = (command.stdin or "").encode()
    return Request(line=command.line, stdin=stdin, holds_stdin=False, env=command.env)


def supervised(command: Command, grace_s: float) -> Request:
    """Ask for the command under watch; it gets ``grace_s`` seconds to end by itself."""
    stdin = None if command.stdin is None else command.stdin.encode()
    orders = "; ".join(_orders(command, grace_s, stdin)).encode()
    return Request(line=SCRIPT, stdin=orders + b"\n" + (stdin or b""), holds_stdin=True)


def _orders(command: Command, grace_s: float, stdin: bytes | None) -> Iterator[str]:
    # They are one line, so a line's end within a text has to come from a variable.
    yield r"_pyjobkit_nl=$(printf '\nx'); _pyjobkit_nl=${_pyjobkit_nl%x}"
    size = "none" if stdin is None else len(stdin)
    yield f"set -- {grace_s:g} {size} {_quoted(command.line)}"
    for name, value in command.env.items():
        yield f"{name}={_quoted(value)}; export {name}"


def _quoted(text: str) -> str:
    inner = text.replace("'", "'\"'\"'").replace("\n", "'\"$_pyjobkit_nl\"'")
    return f"'{inner}'"
