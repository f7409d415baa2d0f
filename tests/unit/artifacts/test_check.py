from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from mesosdeploy.artifacts.check import Expected, RefusedError, check_archive, inspect

Make = Callable[..., bytes]


def expected(content: bytes, filename: str = "a.tar.gz") -> Expected:
    digest = hashlib.sha256(content).hexdigest()
    return Expected(filename=filename, sha256=digest, size=len(content))


def test_the_pinned_file_passes(tmp_path: Path, make_tar: Make) -> None:
    content = make_tar()
    (tmp_path / "f").write_bytes(content)
    inspect(tmp_path / "f", expected(content))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(lambda b: b[:-1], r"truncated: \d+ of \d+ bytes", id="one-byte-short"),
        pytest.param(lambda b: b[:20], "truncated: 20 of", id="cut"),
        pytest.param(lambda _: b"", "truncated: 0 of", id="empty"),
        pytest.param(lambda b: b + b"x", "larger than pinned", id="longer"),
        pytest.param(lambda b: b[:-1] + b"\xff", "another file: sha256 [0-9a-f]{64}", id="flipped"),
        pytest.param(
            lambda _: b"\n<!DOCTYPE html><html><title>Not\n Found &amp; gone</title>",
            r"a web page in place of the file: 'Not Found & gone'",
            id="page-with-title",
        ),
        pytest.param(
            lambda _: b"\xef\xbb\xbf<html>\n<body>proxy says no",
            "a web page in place of the file: '<html>'",
            id="page-without-title",
        ),
        pytest.param(
            lambda _: b"<?xml version='1.0'?><Error>", "a web page in place", id="xml-of-a-bucket"
        ),
    ],
)
def test_anything_else_is_refused_with_its_reason(
    tmp_path: Path, make_tar: Make, change: Callable[[bytes], bytes], reason: str
) -> None:
    content = make_tar()
    (tmp_path / "f").write_bytes(change(content))
    with pytest.raises(RefusedError) as caught:
        inspect(tmp_path / "f", expected(content))
    assert re.search(reason, caught.value.message)


def test_a_page_that_was_pinned_by_mistake_is_refused(tmp_path: Path) -> None:
    page = b"<html><title>Sign in</title>"
    (tmp_path / "f").write_bytes(page)
    with pytest.raises(RefusedError, match="Sign in"):
        inspect(tmp_path / "f", expected(page))


def test_a_pinned_file_of_unknown_size_is_still_hashed(tmp_path: Path, make_tar: Make) -> None:
    (tmp_path / "f").write_bytes(make_tar())
    with pytest.raises(RefusedError, match="another file"):
        inspect(tmp_path / "f", Expected(filename="a.tar.gz", sha256="0" * 64))


@pytest.mark.parametrize("keep", [10, 100, -30, -4], ids=["head", "early", "late", "checksum"])
def test_a_cut_tar_is_no_whole_archive(tmp_path: Path, make_tar: Make, keep: int) -> None:
    (tmp_path / "f").write_bytes(make_tar("some text that does not repeat")[:keep])
    with pytest.raises(RefusedError, match="not a whole archive"):
        check_archive(tmp_path / "f", "a.tar.gz")


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        pytest.param({"control.tar.gz": b"", "data.tar.gz": b""}, "no debian-binary", id="ar"),
        pytest.param({"debian-binary": b"2.0\n", "data.tar.gz": b""}, "no control.tar", id="half"),
        pytest.param({"debian-binary": b"2.0\n", "control.tar.gz": b""}, "no data.tar", id="data"),
    ],
)
def test_an_ar_archive_that_is_no_package_is_refused(
    tmp_path: Path, make_deb: Make, members: dict[str, bytes], reason: str
) -> None:
    (tmp_path / "f").write_bytes(make_deb(members))
    with pytest.raises(RefusedError, match=reason):
        check_archive(tmp_path / "f", "a.deb")


@pytest.mark.parametrize("filename", ["a.deb", "a.tar.xz", "a.tgz", "a.zip", "a.jar"])
def test_plain_text_is_no_archive_whatever_its_name(tmp_path: Path, filename: str) -> None:
    (tmp_path / "f").write_bytes(b"just text\n" * 100)
    with pytest.raises(RefusedError, match="not a whole archive"):
        check_archive(tmp_path / "f", filename)


def test_a_cut_package_is_refused(tmp_path: Path, make_deb: Make) -> None:
    whole = make_deb({"debian-binary": b"2.0\n", "control.tar": b"c" * 10, "data.tar": b"d" * 99})
    (tmp_path / "whole").write_bytes(whole)
    (tmp_path / "cut").write_bytes(whole[:-50])
    check_archive(tmp_path / "whole", "a.deb")
    with pytest.raises(RefusedError, match="cut off"):
        check_archive(tmp_path / "cut", "a.deb")
