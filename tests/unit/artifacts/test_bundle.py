from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mesosdeploy.artifacts import bundle
from mesosdeploy.artifacts.built import Build
from mesosdeploy.artifacts.check import Expected, RefusedError
from mesosdeploy.errors import ArtifactError

Make = Callable[..., bytes]


@pytest.fixture
def content(tmp_path: Path, make_tar: Make, make_deb: Make) -> bundle.Content:
    files = []
    for name, data in (("a.tar.gz", make_tar()), ("mesos_1_amd64.deb", make_deb())):
        path = tmp_path / name
        path.write_bytes(data)
        expected = Expected(filename=name, sha256=hashlib.sha256(data).hexdigest(), size=len(data))
        files.append((expected, path))
    deb = files[1][0]
    build = Build(key="k" * 64, filename=deb.filename, sha256=deb.sha256, size=deb.size or 0)
    return bundle.Content(files=files, builds=[build], lock="format: 1\nartifacts: []\n")


@pytest.fixture
def written(tmp_path: Path, content: bundle.Content) -> Path:
    bundle.write(tmp_path / "b.tar", content)
    return tmp_path / "b.tar"


def test_what_was_written_is_read_back(
    tmp_path: Path, written: Path, content: bundle.Content
) -> None:
    found = bundle.read(written)
    assert found.builds == {build.key: build for build in content.builds}
    assert len(content.files) == 2
    for expected, path in content.files:
        found.extract(expected.sha256, tmp_path / "out")
        assert (tmp_path / "out").read_bytes() == path.read_bytes()


def test_same_content_makes_same_bytes(
    tmp_path: Path, written: Path, content: bundle.Content
) -> None:
    turned = bundle.Content(
        files=list(reversed(content.files)), builds=content.builds, lock=content.lock
    )
    size = bundle.write(tmp_path / "c.tar", turned)
    assert (tmp_path / "c.tar").read_bytes() == written.read_bytes()
    assert size == written.stat().st_size


def test_a_bundle_is_a_tar_that_others_can_read(written: Path) -> None:
    with tarfile.open(written) as archive:
        names = [member.name for member in archive]
    assert names[:2] == ["manifest.json", "artifacts.lock.yml"]
    assert names[-1] == "sha256"
    assert written.stat().st_size % tarfile.RECORDSIZE == 0


def test_any_changed_byte_is_refused(written: Path) -> None:
    whole = written.read_bytes()
    positions = [*range(0, len(whole), 97), len(whole) - 1]
    assert len(positions) > 50
    for position in positions:
        changed = bytearray(whole)
        changed[position] ^= 1
        written.write_bytes(changed)
        with pytest.raises(ArtifactError, match="is not a bundle as"):
            bundle.read(written)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda whole: b"", id="empty"),
        pytest.param(lambda whole: whole[:-512], id="cut"),
        pytest.param(lambda whole: whole[: len(whole) // 2], id="half"),
        pytest.param(lambda whole: whole + b"\0", id="longer"),
        pytest.param(lambda whole: whole + whole, id="twice"),
        pytest.param(lambda whole: b"<html>", id="page"),
    ],
)
def test_a_damaged_bundle_is_refused(written: Path, damage: Callable[[bytes], bytes]) -> None:
    written.write_bytes(damage(written.read_bytes()))
    with pytest.raises(ArtifactError, match="is not a bundle as") as caught:
        bundle.read(written)
    assert caught.value.hint


def test_another_tar_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as archive:
        info = tarfile.TarInfo("../../etc/passwd")
        info.size = 1
        archive.addfile(info, io.BytesIO(b"x"))
    with pytest.raises(ArtifactError, match="does not end with its seal"):
        bundle.read(path)


def test_no_bundle_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="there is no bundle") as caught:
        bundle.read(tmp_path / "none.tar")
    assert "artifacts bundle" in (caught.value.hint or "")


def test_a_file_that_is_not_in_it_is_refused(tmp_path: Path, written: Path) -> None:
    with pytest.raises(RefusedError, match="does not hold it"):
        bundle.read(written).extract("0" * 64, tmp_path / "out")


def test_a_bundle_that_cannot_be_written_is_an_artifact_error(
    tmp_path: Path, content: bundle.Content
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtifactError, match="cannot be written"):
        bundle.write(tmp_path / "file" / "b.tar", content)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"filename": "../../../evil_1_amd64.deb"}, id="name-that-leads-out"),
        pytest.param({"sha256": "../" * 21 + "x"}, id="digest-that-leads-out"),
        pytest.param({"filename": "other_1_amd64.deb"}, id="not-among-the-files"),
    ],
)
def test_a_sealed_bundle_cannot_lead_out_of_the_store(
    tmp_path: Path, content: bundle.Content, change: dict[str, str]
) -> None:
    evil = replace(content.builds[0], **change)
    bundle.write(tmp_path / "b.tar", replace(content, builds=[evil]))
    with pytest.raises(ArtifactError, match="is not a bundle as"):
        bundle.read(tmp_path / "b.tar")
