"""Claims about the RecordIO decoder."""

from __future__ import annotations

import pytest

from mesosdeploy.mesos.recordio import Decoder

RECORDS = b'20\n{"type":"HEARTBEAT"}11\n{"a":"\xc3\xa4 "}'


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_records_are_the_same_however_the_stream_is_cut(size: int) -> None:
    decoder = Decoder()
    pieces = [RECORDS[at : at + size] for at in range(0, len(RECORDS), size)]
    found = [record for piece in pieces for record in decoder.feed(piece)]
    assert found == [{"type": "HEARTBEAT"}, {"a": "ä "}]


@pytest.mark.parametrize("stream", [b"<html>\n", b"-1\n", b"999999999999\n"])
def test_what_is_no_length_is_refused(stream: bytes) -> None:
    with pytest.raises(ValueError, match=r"bytes|invalid literal"):
        list(Decoder().feed(stream))
