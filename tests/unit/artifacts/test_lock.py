from __future__ import annotations

from pathlib import Path

import pytest

from mesosdeploy import artifacts, lab
from mesosdeploy.artifacts import lockfile
from mesosdeploy.artifacts.lock import FILE, Kind, Lock, Source, SourceKind, Wanted, load_lock
from mesosdeploy.errors import ArtifactError, SpecError
from mesosdeploy.spec.compatibility import FLAVOURS

PACKAGE = Path(artifacts.__file__).parent
SHA = "ab" * 32
ENTRY = f"""\
  - name: mesos
    version: 1.11.0
    flavour: apache
    kind: file
    filename: mesos_1.11.0-1_amd64.deb
    sha256: {SHA}
    licence: Apache-2.0
    sources:
      - {{kind: url, url: "https://mirror.example/mesos.deb"}}
      - {{kind: file, path: ../debs/mesos.deb}}
"""


def own_lock(directory: Path, text: str) -> Path:
    (directory / FILE).write_text(text)
    return directory


def test_the_embedded_lock_pins_what_the_lab_builds() -> None:
    lock = load_lock()
    assert lab.VERSIONS
    for version in lab.VERSIONS:
        pinned = lab.upload(version)
        entry = lock.find(Wanted(name="mesos-upload", version=version, flavour="lab"))
        assert (entry.filename, entry.sha256, entry.size) == (
            pinned.filename,
            pinned.sha256,
            pinned.size,
        )
        assert entry.sources == (Source(kind=SourceKind.PACKAGE_INDEX, location=pinned.project),)


def test_every_version_of_a_spec_has_an_entry() -> None:
    lock = load_lock()
    pairs = [(name, version) for name, each in FLAVOURS.items() for version in each.versions]
    assert len(pairs) >= 6
    for flavour, version in pairs:
        entry = lock.find(Wanted(name="mesos", version=version, flavour=flavour))
        assert entry.kind is (Kind.BUILT if flavour == "lab" else Kind.OPERATOR)


def test_no_host_is_written_in_the_package() -> None:
    files = [*PACKAGE.glob("*.py"), PACKAGE / FILE]
    assert len(files) > 10
    for path in files:
        assert "https://" not in path.read_text(), path
        assert "http://" not in path.read_text(), path


def test_an_inventory_stands_in_for_an_embedded_entry(tmp_path: Path) -> None:
    lock = load_lock(own_lock(tmp_path, "format: 1\nartifacts:\n" + ENTRY))
    entry = lock.find(Wanted(name="mesos", version="1.11.0", flavour="apache"))
    assert entry.kind is Kind.FILE
    assert entry.size is None
    assert entry.declared_in == tmp_path / FILE
    assert [source.location for source in entry.sources] == [
        "https://mirror.example/mesos.deb",
        str((tmp_path / "../debs/mesos.deb").resolve()),
    ]
    assert len(lock.entries) == len(load_lock().entries)


def test_an_inventory_adds_an_entry(tmp_path: Path) -> None:
    text = "format: 1\nartifacts:\n" + ENTRY.replace("1.11.0\n", "1.11.1\n")
    lock = load_lock(own_lock(tmp_path, text))
    assert len(lock.entries) == len(load_lock().entries) + 1


def test_an_inventory_without_a_lock_has_the_embedded_one(tmp_path: Path) -> None:
    assert load_lock(tmp_path) == load_lock()


def test_an_unknown_artifact_names_the_known_ones() -> None:
    with pytest.raises(ArtifactError, match=r"knows mesos 1\.7\.0 \(lab") as caught:
        load_lock().find(Wanted(name="mesos", version="1.7.0", flavour="lab"))
    assert "mesos 1.11.0 (lab" in (caught.value.hint or "")


def test_the_closure_puts_inputs_first() -> None:
    wanted = Wanted(name="mesos", version="1.9.0", flavour="lab")
    names = [entry.wanted.name for entry in load_lock().closure([wanted, wanted])]
    assert names == ["mesos-upload", "mesos"]


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    lock = load_lock()
    text = lockfile.written(entry.as_fields() for entry in lock.entries)
    again = load_lock(own_lock(tmp_path, text))
    assert [e.as_fields() for e in again.entries] == [e.as_fields() for e in lock.entries]
    assert all(entry.declared_in == tmp_path / FILE for entry in again.entries)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("version: 1.11.0", "version: 1.11", "4:14: artifacts[0].version: must be a version"),
        ("kind: file\n", "kind: fil\n", "6:11: artifacts[0].kind: must be one of file, built"),
        (f"sha256: {SHA}", "sha256: ABC", "8:13: artifacts[0].sha256: must be 64 hexadecimal"),
        (f"    sha256: {SHA}\n", "", "artifacts[0].sha256: is missing"),
        ("    licence: Apache-2.0\n", "", "artifacts[0].licence: is missing"),
        ("licence:", "license:", 'did you mean "licence"'),
        ("filename: mesos", "filename: ../mesos", "artifacts[0].filename: must be a file name"),
        ("kind: url", "kind: ftp", "artifacts[0].sources[0]: must be a mapping with `kind`"),
        ("https://", "ftp://", "artifacts[0].sources[0].url: must be an http, https or file"),
        ("path: ../", "paht: ../", 'did you mean "path"'),
        ("name: mesos\n", "name: mesos\n    size: -1\n", "must be a number of bytes (value -1)"),
        ("name: mesos\n", "name: mesos\n    size: true\n", "must be a number of bytes"),
    ],
    ids=lambda value: value.strip()[:24],
)
def test_a_malformed_entry_is_located(tmp_path: Path, old: str, new: str, problem: str) -> None:
    text = "format: 1\nartifacts:\n" + ENTRY
    assert old in text
    with pytest.raises(SpecError) as caught:
        load_lock(own_lock(tmp_path, text.replace(old, new, 1)))
    assert f"{tmp_path / FILE}:" in caught.value.message
    assert problem in caught.value.message
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("", "is empty", id="empty"),
        pytest.param("artifacts: []\n", "format: must be 1", id="no-format"),
        pytest.param("format: 2\nartifacts: []\n", "format: must be 1", id="future"),
        pytest.param("format: 1\n", "artifacts: must be a list", id="no-list"),
        pytest.param("format: 1\nartifacts: [3]\n", "artifacts[0]: must be a mapping", id="number"),
        pytest.param("format: 1\nformat: 1\n", "given twice", id="duplicate-key"),
        pytest.param("format: 1\nartifacts: [\n", "is not YAML", id="no-yaml"),
        pytest.param("format: 1\nartifacts: []\nx: 1\n", "x: is not a key", id="unknown-key"),
        pytest.param(f"format: 1\nartifacts:\n{ENTRY}{ENTRY}", "is there twice", id="twice"),
        pytest.param("format: 1\nartifacts: []\n" + "# x" * 1_000_000, "is larger than", id="huge"),
    ],
)
def test_a_malformed_file_is_a_spec_error(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(SpecError) as caught:
        load_lock(own_lock(tmp_path, text))
    assert problem in caught.value.message


def test_all_problems_are_shown_in_one_run(tmp_path: Path) -> None:
    bad = ENTRY.replace("1.11.0", "1.1").replace(SHA, "x").replace("kind: url", "kind: u")
    with pytest.raises(SpecError) as caught:
        load_lock(own_lock(tmp_path, "format: 1\nartifacts:\n" + bad))
    assert caught.value.message.count(f"{FILE}:") >= 3


def test_the_identity_needs_no_file_and_follows_the_pin(tmp_path: Path) -> None:
    built = Wanted(name="mesos", version="1.11.0", flavour="lab")
    upload = Wanted(name="mesos-upload", version="1.11.0", flavour="lab")
    operator = Wanted(name="mesos", version="1.11.0", flavour="apache")
    unknown = Wanted(name="mesos", version="9", flavour="lab")
    lock = load_lock()
    every = [artifacts.identity(wanted, lock) for wanted in (built, upload, operator, unknown)]
    assert len(set(every)) == 4
    assert every[1] == lock.find(upload).sha256
    own = load_lock(own_lock(tmp_path, "format: 1\nartifacts:\n" + ENTRY))
    assert artifacts.identity(operator, own) == SHA
    assert artifacts.identity(built, own) == every[0]
    assert artifacts.identity(unknown, Lock(())) == every[3]


IMAGE = f"registry.example/marathon@sha256:{SHA}"
IMAGE_ENTRY = f"""\
  - name: marathon
    version: 1.11.24
    flavour: official
    kind: image
    image: {IMAGE}
    licence: Apache-2.0
"""
MARATHON = Wanted(name="marathon", version="1.11.24", flavour="official")


def test_an_image_of_the_inventory_stands_in_for_the_operators_archive(tmp_path: Path) -> None:
    lock = load_lock(own_lock(tmp_path, f"format: 1\nartifacts:\n{IMAGE_ENTRY}"))
    entry = lock.find(MARATHON)
    assert (entry.kind, entry.image) == (Kind.IMAGE, IMAGE)
    assert entry.as_fields()["image"] == IMAGE
    assert artifacts.identity(MARATHON, lock) != artifacts.identity(MARATHON, load_lock())


@pytest.mark.parametrize(
    "image", ["registry.example/marathon:v1.11.24", f"marathon@sha256:{SHA[:-1]}"], ids=str
)
def test_an_image_without_its_digest_is_refused(tmp_path: Path, image: str) -> None:
    text = IMAGE_ENTRY.replace(IMAGE, image)
    with pytest.raises(SpecError, match="must be an image by digest"):
        load_lock(own_lock(tmp_path, f"format: 1\nartifacts:\n{text}"))
