"""Runs jobs of the kind ``ssh``."""

from __future__ import annotations

from typing import Any, Final, Unpack
from uuid import UUID

from pyjobkit_django.contracts import ExecContext, Executor
from pyjobkit_django.executors.payload_fields import Fields
from pyjobkit_django.executors.ssh.command import command_of
from pyjobkit_django.executors.ssh.options import SSHKeywords, SSHOptions
from pyjobkit_django.executors.ssh.output import Output
from pyjobkit_django.executors.ssh.pool import Pools
from pyjobkit_django.executors.ssh.session import perform
from pyjobkit_django.executors.ssh.target import target_of
from pyjobkit_django.option_checks import check_known

_KEYS: Final = (
    *("host", "cmd", "username", "key_path", "port", "env", "stdin"),
    *("credential", "host_key", "check", "supervise"),
)


class SSHExecutor(Executor):
    """Runs the payload's command on another host and returns what it printed.

    The payload: ``host`` and ``cmd``; ``username`` (else the worker's own), ``port``
    (22), ``key_path`` (else the worker's own keys), or ``credential``, a name from the
    options; ``host_key``, the one public key that the host may have; ``env``,
    ``stdin`` (text), ``check`` (True: an end other than exit status 0 fails the
    attempt) and ``supervise`` (see below).

    The result: ``output`` (stdout as text, the first 64 KiB of it), ``truncated``
    where it was longer, ``exit_status``, ``exit_signal`` where one ended the command
    (``exit_status`` is null then) and ``duration_ms``. Each line is also logged as it
    comes; a line ``::progress 0.4 text`` on stdout sets the job's progress instead.

    ExecutorError fails the attempt: the command failed (details: ``exit_status``,
    ``exit_signal``, ``stderr``), the host is out of reach, the connection broke.
    DiscardJob fails the job: a bad payload, a host key that is unknown or has
    changed, a login that is refused.

    A command that is cancelled, reaches its deadline or has to leave with its worker
    gets SIGTERM, and SIGKILL after ``grace_s``. On hosts that run OpenSSH or Dropbear
    it is also *supervised*: started by a small ``sh`` script that ends the command's
    process group when the connection is gone, whatever became of the worker. Other
    servers are sent the command as it is, and signals; which they may ignore.

    Keywords, as code or settings give them; a bad one raises ConfigError:

    - ``known_hosts``: a path or a list of them, else ``~/.ssh/known_hosts``
    - ``credentials``: by name, dicts of ``username``, ``key_path``, ``passphrase``,
      ``password``, ``host_key`` and ``hosts`` (where it may be used, ``*`` allowed)
    - ``verify_host=True``: False trusts every host that no key is pinned for
    - ``allowed_hosts``: run nothing on others, for example ``["*.example.com"]``
    - ``connect_timeout_s=10`` until logged in, ``keepalive_s=15`` between signs of
      life (three missed ones end a connection), ``idle_s=60`` that an unused
      connection is kept, ``grace_s=3``, to be kept below the 4 seconds that leave
      a stopping worker time
    - ``max_connections_per_host=4`` for one login, ``max_sessions=8`` commands on
      each (OpenSSH allows 10); more wait for their turn
    - ``supervise``: True or False for all servers; not for forced commands

    The worker's ``~/.ssh/config`` and SSH agent are not used, nothing is forwarded.
    """

    kind = "ssh"

    def __init__(self, **keywords: Unpack[SSHKeywords]) -> None:
        check_known("SSHExecutor", keywords, SSHKeywords.__annotations__)
        self.options = SSHOptions.of(keywords)
        self._pools = Pools(self.options)

    async def run(
        self, *, job_id: UUID, payload: dict[str, Any], ctx: ExecContext
    ) -> dict[str, Any]:
        fields = Fields(payload, known=_KEYS)
        command = command_of(fields)
        target = target_of(fields, self.options)
        output = Output(ctx)
        async with self._pools.current().borrowed(target) as link:
            ending = await perform(command, link, output, self.options)
        if command.check and not ending.is_success:
            raise output.failure(
                f"the command on {target} ended with {ending}", **ending.as_json()
            )
        return {
            **output.as_json(),
            **ending.as_json(),
            "duration_ms": ending.duration_ms,
        }

    async def close(self) -> None:
        """Close the connections of the running event loop; later runs open new ones."""
        await self._pools.close()
