"""Reads an answer's body up to a limit, packed or not."""

from __future__ import annotations

import zlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, cast

import httpx

_GZIP: Final = 16 + zlib.MAX_WBITS
_PACKINGS: Final = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": zlib.MAX_WBITS}


class UnreadableBodyError(Exception):
    """The body is not packed as its Content-Encoding says."""


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes of a body, unpacked; the first ones where it was ``truncated``."""

    data: bytes
    truncated: bool


async def read_body(response: httpx.Response, limit: int) -> Body:
    """Return at most ``limit`` bytes; what comes after them is not read.

    Never unpacks more than that, whatever the bytes on the wire would grow to.
    Raises UnreadableBodyError.
    """
    unpacker = _unpacker(response.headers.get("content-encoding", ""))
    data = bytearray()
    arriving = cast("AsyncGenerator[bytes]", response.aiter_raw())
    async with aclosing(arriving) as chunks:
        async for chunk in chunks:
            # One byte more than the limit tells a body that ends there from a longer one.
            room = limit + 1 - len(data)
            data += unpacker.unpack(chunk, room) if unpacker else chunk[:room]
            if len(data) > limit:
                return Body(bytes(data[:limit]), truncated=True)
    if unpacker:
        unpacker.check_end()
    return Body(bytes(data), truncated=False)


class _Unpacker:
    """Unpacks gzip and both forms of deflate that servers send."""

    def __init__(self, wbits: int) -> None:
        self._wbits = wbits
        self._stream = zlib.decompressobj(wbits)
        self._begun = False

    def unpack(self, chunk: bytes, most: int) -> bytes:
        if self._stream.eof:
            # What follows the end would be kept as unused data, however much it is.
            return b""
        try:
            unpacked = self._stream.decompress(chunk, most)
        except zlib.error as error:
            if self._begun or self._wbits != zlib.MAX_WBITS:
                raise UnreadableBodyError(f"cannot be unpacked: {error}") from None
            # Some servers leave out the zlib header that deflate means.
            self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
            self._begun = True
            return self.unpack(chunk, most)
        self._begun = True
        return unpacked

    def check_end(self) -> None:
        if self._begun and not self._stream.eof:
            raise UnreadableBodyError("ends before what is packed in it does")


def _unpacker(encoding: str) -> _Unpacker | None:
    wbits = _PACKINGS.get(encoding.strip().lower())
    return _Unpacker(wbits) if wbits else None
