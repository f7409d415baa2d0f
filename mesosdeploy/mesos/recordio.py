r"""Records of Mesos' event streams: `<length>\n<bytes>`, one after another (docs/recordio.md)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

_LONGEST = 128 * 1024 * 1024


class Decoder:
    """Cut a stream, fed in pieces of any size, into its JSON records."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, piece: bytes) -> Iterator[dict[str, Any]]:
        """Yield each record that `piece` completes; ValueError when the stream is no RecordIO."""
        self._buffer += piece
        while (newline := self._buffer.find(b"\n")) >= 0:
            length = int(self._buffer[:newline])
            if not 0 <= length <= _LONGEST:
                raise ValueError(f"a record of {length} bytes")
            end = newline + 1 + length
            if len(self._buffer) < end:
                return
            record = bytes(self._buffer[newline + 1 : end])
            del self._buffer[:end]
            yield json.loads(record)
