"""The life of a command on another host, from its start to its end."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from functools import partial
from typing import Final

import asyncssh

from pyjobkit_django.errors import ExecutorError
from pyjobkit_django.executors.command_output import Read
from pyjobkit_django.executors.ssh.command import Command
from pyjobkit_django.executors.ssh.ending import Ending
from pyjobkit_django.executors.ssh.options import SSHOptions
from pyjobkit_django.executors.ssh.output import Output
from pyjobkit_django.executors.ssh.pool import Link
from pyjobkit_django.executors.ssh.supervision import Request, plain, suits, supervised

logger = logging.getLogger("pyjobkit.executors.ssh")

#: How long a host may take to tell that a command has ended, in seconds.
_NEWS_S: Final = 0.4
#: The most that is read at once, in bytes.
_CHUNK_BYTES: Final = 65_536

type Process = asyncssh.SSHClientProcess[bytes]


async def perform(
    command: Command, link: Link, output: Output, options: SSHOptions
) -> Ending:
    """Run a command to its end and return how it ended, once its output is logged.

    Stopped for whatever reason, it first has the command end, within ``grace_s``
    seconds and little more, and passes that on. Raises ExecutorError where the host
    does not start the command or the connection does not last.
    """
    request = _request(command, link, options)
    process = await _started(request, link, options.connect_timeout_s)
    try:
        return await Session(process, request, options.grace_s).follow(output)
    except Exception as error:
        if not link.connection.is_closed():
            raise
        raise _lost(link, output) from error
    finally:
        # Whatever is still there by now is not waited for.
        process.kill()
        process.close()


class Session:
    """A command that runs on another host."""

    def __init__(self, process: Process, request: Request, grace_s: float) -> None:
        self._process = process
        self._request = request
        self._grace_s = grace_s
        self._started_at = time.monotonic()

    async def follow(self, output: Output) -> Ending:
        """Return how the command ended; cancelled, end it and pass that on."""
        try:
            async with asyncio.TaskGroup() as streams:
                streams.create_task(output.log_stdout(_reader(self._process.stdout)))
                streams.create_task(output.log_stderr(_reader(self._process.stderr)))
                streams.create_task(self._feed())
                try:
                    await self._process.wait_closed()
                except asyncio.CancelledError:
                    await self._end()
                    raise
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return self._ending()

    async def _feed(self) -> None:
        # A command may end without reading all of it.
        with suppress(OSError, asyncssh.Error):
            self._process.stdin.write(self._request.stdin)
            await self._process.stdin.drain()
            if not self._request.holds_stdin:
                self._process.stdin.write_eof()

    async def _end(self) -> None:
        """Return once the command has ended, or once nothing is left to be tried."""
        self._process.terminate()
        if self._request.holds_stdin:
            self._process.stdin.write_eof()
        if await self._has_closed(self._grace_s + _NEWS_S):
            return
        self._process.kill()
        if not await self._has_closed(_NEWS_S):
            logger.warning(
                "remote command may still run: its server does not tell of its end",
                extra={"event": "ssh.left_behind"},
            )

    async def _has_closed(self, within_s: float) -> bool:
        try:
            async with asyncio.timeout(within_s):
                await self._process.wait_closed()
        except TimeoutError:
            return False
        return True

    def _ending(self) -> Ending:
        signal = self._process.exit_signal
        status = None if signal else self._process.exit_status
        if signal is None and status is None:
            raise ExecutorError("the server closed the channel without an exit status")
        return Ending(
            exit_status=status,
            exit_signal=signal[0] if signal else None,
            duration_ms=round((time.monotonic() - self._started_at) * 1000, 3),
        )


def _reader(stream: asyncssh.SSHReader[bytes]) -> Read:
    return partial(stream.read, _CHUNK_BYTES)


def _request(command: Command, link: Link, options: SSHOptions) -> Request:
    asked = options.supervise if command.supervise is None else command.supervise
    is_supervised = suits(link.server_version) if asked is None else asked
    return supervised(command, options.grace_s) if is_supervised else plain(command)


async def _started(request: Request, link: Link, within_s: float) -> Process:
    # Of a channel that did not open nobody knows what it holds: it goes with the link.
    with link.retired_on_failure():
        try:
            async with asyncio.timeout(within_s):
                return await link.connection.create_process(
                    request.line, env=request.env, encoding=None
                )
        except TimeoutError:
            raise ExecutorError(
                f"{link.target} did not start the command within {within_s:g} s"
            ) from None
        except (OSError, asyncssh.Error) as error:
            raise ExecutorError(
                f"{link.target} did not start the command: {error}"
            ) from error


def _lost(link: Link, output: Output) -> ExecutorError:
    return ExecutorError(
        f"the connection to {link.target} was lost while the command ran",
        details={"stderr": output.stderr_tail},
    )
