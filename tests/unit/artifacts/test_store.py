from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mesosdeploy.artifacts import store as module
from mesosdeploy.artifacts.check import Expected, RefusedError
from mesosdeploy.artifacts.store import Store
from mesosdeploy.errors import ArtifactError

Make = Callable[..., bytes]


def add(store: Store, content: bytes, filename: str = "a.tar.gz") -> tuple[Expected, Path]:
    digest = hashlib.sha256(content).hexdigest()
    expected = Expected(filename=filename, sha256=digest, size=len(content))
    return expected, store.add(expected, lambda target: target.write_bytes(content) and None)


def files(store: Store) -> list[str]:
    found = store.root.rglob("*")
    return sorted(path.name for path in found if path.is_file() and path.suffix != ".lock")


def test_a_file_lies_under_its_digest(store: Store, make_tar: Make) -> None:
    expected, path = add(store, make_tar())
    digest = expected.sha256
    assert path == store.root / digest[:2] / digest / "a.tar.gz"
    assert path.stat().st_mode & 0o777 == 0o644
    assert store.find(expected) == path


def test_what_is_refused_leaves_nothing(store: Store, make_tar: Make) -> None:
    expected = Expected(filename="a.tar.gz", sha256="0" * 64)
    with pytest.raises(RefusedError):
        store.add(expected, lambda target: target.write_bytes(make_tar()) and None)
    assert files(store) == []
    assert store.find(expected) is None


def test_an_interrupted_fill_leaves_nothing(store: Store) -> None:
    def interrupted(target: Path) -> None:
        target.write_bytes(b"part")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.add(Expected(filename="a.tar.gz", sha256="0" * 64), interrupted)
    assert files(store) == []


def test_what_a_killed_process_left_is_cleared_by_the_next(store: Store, make_tar: Make) -> None:
    content = make_tar()
    digest = hashlib.sha256(content).hexdigest()
    directory = store.root / digest[:2] / digest
    directory.mkdir(parents=True)
    (directory / "tmp1234.part").write_bytes(content[:10])
    add(store, content)
    assert files(store) == ["a.tar.gz", "verified.json"]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:-1]), id="shorter"),
        pytest.param(lambda path: path.write_bytes(b"x" * path.stat().st_size), id="same-size"),
        pytest.param(lambda path: path.write_bytes(b""), id="empty"),
    ],
)
def test_a_changed_file_is_moved_aside_and_not_trusted(
    store: Store, make_tar: Make, damage: Callable[[Path], object]
) -> None:
    expected, path = add(store, make_tar())
    damage(path)
    os.utime(path, ns=(1, 1))
    assert store.find(expected) is None
    assert not path.exists()
    assert len(list((store.root / "rejected").iterdir())) == 1
    _, again = add(store, make_tar())
    assert store.find(expected) == again


def test_an_unchanged_file_is_not_hashed_again(
    store: Store, make_tar: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected, path = add(store, make_tar())
    hashed: list[Path] = []
    real = module.sha256_of
    monkeypatch.setattr(module, "sha256_of", lambda p: hashed.append(p) or real(p))
    assert store.find(expected) == path
    assert hashed == []
    os.utime(path, ns=(5, 5))
    assert store.find(expected) == path
    assert hashed == [path], "another mtime: hashed once, found intact"
    assert store.find(expected) == path
    assert hashed == [path], "and recorded again"


def test_a_damaged_record_means_hashing_not_failing(store: Store, make_tar: Make) -> None:
    expected, path = add(store, make_tar())
    path.with_name("verified.json").write_text("{")
    assert store.find(expected) == path
    assert json.loads(path.with_name("verified.json").read_text())["size"] == path.stat().st_size


def test_a_record_of_another_file_is_no_proof(store: Store, make_tar: Make) -> None:
    expected, path = add(store, make_tar())
    other = path.with_name("other")
    other.write_bytes(b"x" * path.stat().st_size)
    other.replace(path)
    assert store.find(expected) is None


def test_the_audit_hashes_everything(store: Store, make_tar: Make) -> None:
    _, good = add(store, make_tar("good"))
    _, bad = add(store, make_tar("bad"))
    status = bad.stat()
    bad.write_bytes(b"x" * status.st_size)
    os.utime(bad, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert {item.path: item.intact for item in store.audit()} == {good: True, bad: False}
    assert not bad.exists()


def test_a_store_that_cannot_be_written_is_an_artifact_error(
    tmp_path: Path, make_tar: Make
) -> None:
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file")
    with pytest.raises(ArtifactError, match="cannot be written") as caught:
        add(store, make_tar())
    assert caught.value.exit_code == 5
    assert "MESOSDEPLOY_CACHE_DIR" in (caught.value.hint or "")
    with (
        pytest.raises(ArtifactError, match="cannot be written"),
        store.exclusive("k", what="a", report=print),
    ):
        pass


def test_a_killed_build_is_cleared_by_the_next(store: Store) -> None:
    key = "ab" * 32
    stale = store.root / f"build-{key[:16]}-old"
    stale.mkdir(parents=True)
    with store.scratch(key) as directory:
        assert directory.is_dir()
        assert not stale.exists()
    assert not directory.exists()


def test_the_default_store_is_in_the_cache_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MESOSDEPLOY_CACHE_DIR", str(tmp_path / "c"))
    assert Store.default().root == tmp_path / "c" / "artifacts"
