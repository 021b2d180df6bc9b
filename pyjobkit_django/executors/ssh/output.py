"""What a command on another host printed: every line for the log, the head for the result."""

from __future__ import annotations

import codecs
from typing import Final, override

from pyjobkit_django.contracts import ExecContext
from pyjobkit_django.executors.command_output import CommandOutput, Read
from pyjobkit_django.payload import clean_text

#: How much of stdout the result keeps, in bytes.
MAX_OUTPUT: Final = 65_536


class Output(CommandOutput):
    """Keeps the beginning of stdout, too."""

    def __init__(self, ctx: ExecContext) -> None:
        super().__init__(ctx)
        self._head = bytearray()
        self._is_truncated = False

    def as_json(self) -> dict[str, str | bool]:
        """Return the ``output`` that a result shows, and whether it is ``truncated``."""
        # A cut may go through a character, whose beginning is left out.
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        text = decoder.decode(bytes(self._head), final=not self._is_truncated)
        cut = {"truncated": True} if self._is_truncated else {}
        return {"output": clean_text(text), **cut}

    @override
    async def log_stdout(self, read: Read) -> None:
        async def read_and_keep() -> bytes:
            chunk = await read()
            self._keep(chunk)
            return chunk

        await super().log_stdout(read_and_keep)

    def _keep(self, chunk: bytes) -> None:
        room = MAX_OUTPUT - len(self._head)
        self._head += chunk[:room]
        self._is_truncated = self._is_truncated or len(chunk) > room
