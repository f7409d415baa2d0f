from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from mesosdeploy.artifacts import doctor
from mesosdeploy.artifacts.doctor import Row, Status
from mesosdeploy.artifacts.lock import Entry, Kind, Source, SourceKind
from mesosdeploy.artifacts.pip_settings import PipSettings
from mesosdeploy.artifacts.resolve import expected_of
from mesosdeploy.artifacts.sources import Places
from mesosdeploy.artifacts.store import Store

Diagnose = Callable[..., Sequence[Row]]


@pytest.fixture
def diagnose(store: Store) -> Diagnose:
    def run(entry: Entry, *, needed: bool = True, **places: object) -> Sequence[Row]:
        return doctor.diagnose(
            [entry],
            needed=lambda _: needed,
            places=Places(**places),  # type: ignore[arg-type]
            store=store,
            report=lambda _: None,
        )

    return run


def test_each_source_is_told_as_what_it_is(
    diagnose: Diagnose,
    make_entry: Callable[..., Entry],
    make_tar: Callable[..., bytes],
    tmp_path: Path,
) -> None:
    content = make_tar()
    (tmp_path / "good").write_bytes(content)
    (tmp_path / "other").write_bytes(make_tar("other"))
    urls = [(tmp_path / name).as_uri() for name in ("good", "other", "gone")]
    rows = diagnose(make_entry(content, *urls))
    assert [row.status for row in rows] == [Status.OK, Status.CHANGED, Status.GONE]
    assert [bool(row.remedy) for row in rows] == [False, True, True]
    assert "while another source works" in rows[2].remedy
    assert doctor.without_source(rows) == ()


def test_an_artifact_without_a_source_is_named_when_it_is_needed(
    diagnose: Diagnose, make_entry: Callable[..., Entry]
) -> None:
    entry = make_entry(b"x", "file:///gone/a", "file:///gone/b")
    rows = diagnose(entry)
    assert doctor.without_source(rows) == (str(entry.wanted),)
    assert all("MESOSDEPLOY_MIRROR" in row.remedy for row in rows)
    assert doctor.without_source(diagnose(entry, needed=False)) == ()


def test_a_stored_copy_is_no_source(
    diagnose: Diagnose,
    store: Store,
    make_entry: Callable[..., Entry],
    make_tar: Callable[..., bytes],
) -> None:
    content = make_tar()
    entry = make_entry(content, "file:///gone/a")
    store.add(expected_of(entry), lambda target: target.write_bytes(content) and None)
    rows = diagnose(entry)
    assert [row.status for row in rows] == [Status.GONE, Status.OK]
    assert doctor.without_source(rows) == (str(entry.wanted),)


def test_a_damaged_stored_file_is_told(
    diagnose: Diagnose,
    store: Store,
    make_entry: Callable[..., Entry],
    make_tar: Callable[..., bytes],
) -> None:
    content = make_tar()
    entry = make_entry(content, "file:///gone/a")
    path = store.add(expected_of(entry), lambda t: t.write_bytes(content) and None)
    path.write_bytes(b"x")
    row = diagnose(entry)[-1]
    assert (row.status, row.remedy) == (Status.CHANGED, "mesosdeploy artifacts fetch")
    assert "moved aside" in row.detail


def test_what_an_index_lists_is_compared_without_fetching(
    diagnose: Diagnose, make_entry: Callable[..., Entry], tmp_path: Path
) -> None:
    entry = make_entry(b"x")
    entry = replace(entry, sources=(Source(kind=SourceKind.PACKAGE_INDEX, location="p"),))
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "index.html").write_text(f'<a href="upload.tar.gz#sha256={"0" * 64}">x</a>')
    rows = diagnose(entry, ask_pip=lambda: PipSettings(indexes=(tmp_path.as_uri(),)))
    assert [row.status for row in rows] == [Status.CHANGED]


def test_a_mirror_is_asked_too(
    diagnose: Diagnose,
    make_entry: Callable[..., Entry],
    make_tar: Callable[..., bytes],
    tmp_path: Path,
) -> None:
    content = make_tar()
    entry = make_entry(content, "file:///gone/a")
    (tmp_path / "upload.tar.gz").write_bytes(content)
    rows = diagnose(entry, mirror=str(tmp_path))
    assert [row.status for row in rows] == [Status.GONE, Status.OK, Status.GONE]
    assert doctor.without_source(rows) == ()


def test_what_the_operator_must_supply_is_missing_only_where_needed(
    diagnose: Diagnose, built_entry: Entry
) -> None:
    entry = replace(built_entry, kind=Kind.OPERATOR)
    assert doctor.without_source(diagnose(entry)) == (str(entry.wanted),)
    assert diagnose(entry, needed=False) == []
