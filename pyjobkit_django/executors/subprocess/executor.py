"""The executor of the kind ``subprocess``: its options, and what the end of a run means."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from pyjobkit_django.contracts import ExecContext, Executor
from pyjobkit_django.errors import ExecutorError
from pyjobkit_django.executors.command_output import CommandOutput
from pyjobkit_django.executors.subprocess.allow_list import AllowList
from pyjobkit_django.executors.subprocess.command import Command, command_of
from pyjobkit_django.executors.subprocess.environment import base_environment
from pyjobkit_django.executors.subprocess.options import check_options
from pyjobkit_django.executors.subprocess.supervision import Ending, supervise


class SubprocessExecutor(Executor):
    """Runs a command on the worker's host; its output becomes the job's log.

    Payload: ``cmd`` (a list is the command and its arguments, a string goes to the
    shell), ``env`` (added to a clean environment), ``cwd``, ``stdin`` (text) and
    ``check`` (True: an exit code other than 0 fails the attempt). A line
    ``::progress 0.4 text`` on stdout sets the job's progress.

    Returns ``{"returncode", "duration_ms"}``, and ``signal`` where one ended the
    command. Raises ExecutorError for a failed command (its details: ``returncode``,
    ``signal``, ``stderr``), and DiscardJob for a payload that cannot be run, for a
    command that is not there and for one that is not allowed.

    All that the command starts ends with it: its process group gets SIGTERM, after
    ``grace_s`` seconds SIGKILL, whether the run was cancelled, reached its deadline, lost
    its lease or has to leave with its worker. Where the command ended by itself, what it
    left in the background has half a second first.

    Options, refused with a ConfigError where they make no sense:

    - ``allowed_commands``: run only these, names or absolute paths. Then ``cmd`` is a
      list, and ``env`` sets nothing that decides which code runs, such as PATH
    - ``grace_s=3.0``: keep it below the 5 seconds that a stopping worker waits
    - ``shell="/bin/sh"``: what a string is handed to, after ``-c``
    - ``env``: the environment of every command, in place of the clean one
    - ``max_stderr_tail=20``: how many lines of stderr a failure keeps, 4,000 characters
      in all
    """

    kind = "subprocess"

    def __init__(
        self,
        *,
        allowed_commands: Iterable[str | os.PathLike[str]] | None = None,
        grace_s: float = 3.0,
        shell: str = "/bin/sh",
        env: Mapping[str, str] | None = None,
        max_stderr_tail: int = 20,
    ) -> None:
        check_options(
            grace_s=grace_s, shell=shell, env=env, max_stderr_tail=max_stderr_tail
        )
        self.grace_s = grace_s
        self.shell = shell
        self.env = base_environment(os.environ) if env is None else dict(env)
        self.max_stderr_tail = max_stderr_tail
        self.allow_list = (
            None
            if allowed_commands is None
            else AllowList.of(allowed_commands, path=self.env.get("PATH", os.defpath))
        )

    async def run(
        self, *, job_id: UUID, payload: dict[str, Any], ctx: ExecContext
    ) -> dict[str, Any]:
        """Run the payload's command to its end and return how it ended."""
        command = command_of(payload, shell=self.shell, base=self.env)
        if self.allow_list is not None:
            command = self.allow_list.admit(command)
        output = CommandOutput(ctx, tail_lines=self.max_stderr_tail)
        ending = await supervise(command, output, self.grace_s)
        if command.check and ending.returncode != 0:
            raise _failure(command, ending, output)
        return ending.as_result()


def _failure(command: Command, ending: Ending, output: CommandOutput) -> ExecutorError:
    code, by = ending.returncode, ending.signal
    how = f"exit code {code}" if by is None else f"signal {by}"
    return output.failure(
        f"{command.name} ended with {how}", returncode=code, signal=by
    )
