from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mesosdeploy import artifacts
from mesosdeploy.artifacts import bundle
from mesosdeploy.artifacts.built import Build
from mesosdeploy.artifacts.check import RefusedError
from mesosdeploy.artifacts.lock import Entry, Kind, Lock, Source, SourceKind, Wanted
from mesosdeploy.artifacts.pip_settings import PipSettings
from mesosdeploy.artifacts.resolve import Resolver, expected_of
from mesosdeploy.artifacts.sources import Places
from mesosdeploy.artifacts.store import Store
from mesosdeploy.errors import ArtifactError

Make = Callable[..., bytes]
MakeEntry = Callable[..., Entry]
UPLOAD = Wanted(name="mesos-upload", version="1.0", flavour="lab")
MESOS = Wanted(name="mesos", version="1.0", flavour="lab")


def never() -> PipSettings:
    raise AssertionError("pip was asked")


@pytest.fixture
def resolver(store: Store) -> Callable[..., Resolver]:
    """Return a maker of resolvers over the given entries that records what is reported."""

    def make(*entries: Entry, mirror: str | None = None, **options: Any) -> Resolver:
        given = {
            "report": lambda _text: None,
            "places": Places(mirror=mirror, ask_pip=never),
            "builders": {},
            "store": store,
            **options,
        }
        return Resolver(lock=Lock(entries), **given)

    return make


@pytest.fixture
def content(make_tar: Make) -> bytes:
    return make_tar()


@pytest.fixture
def there(tmp_path: Path, content: bytes) -> str:
    """Return the URL of a file that has the pinned content."""
    path = tmp_path / "there" / "upload.tar.gz"
    path.parent.mkdir()
    path.write_bytes(content)
    return path.as_uri()


def test_the_first_source_that_has_it_gives_it(
    resolver: Callable[..., Resolver], make_entry: MakeEntry, content: bytes, there: str
) -> None:
    entry = make_entry(content, "file:///nowhere/a", there, "file:///nowhere/b")
    lines: list[str] = []
    found = resolver(entry, report=lines.append).resolve(UPLOAD)
    assert found.path.read_bytes() == content
    assert found.origin == f"url {there}"
    assert any("not had from url file:///nowhere/a" in line for line in lines)
    assert not any("nowhere/b" in line for line in lines)


def test_the_store_comes_before_every_source(
    resolver: Callable[..., Resolver], make_entry: MakeEntry, content: bytes, there: str
) -> None:
    resolver(make_entry(content, there)).resolve(UPLOAD)
    found = resolver(make_entry(content, "file:///nowhere/a")).resolve(UPLOAD)
    assert found.origin == "store"


def test_every_failing_source_is_listed_with_its_reason(
    resolver: Callable[..., Resolver],
    make_entry: MakeEntry,
    make_tar: Make,
    content: bytes,
    tmp_path: Path,
) -> None:
    pages = {
        "cut": content[:-5],
        "other": make_tar("another"),
        "page": b"<!doctype html><title>404</title>",
    }
    for name, data in pages.items():
        (tmp_path / name).write_bytes(data)
    entry = make_entry(content, "file:///gone/x", *((tmp_path / name).as_uri() for name in pages))
    with pytest.raises(ArtifactError) as caught:
        resolver(entry).resolve(UPLOAD)
    lines = caught.value.message.splitlines()
    assert "in none of 4 places" in lines[0]
    reasons = ["does not exist", "truncated", "(larger than pinned|truncated|another file)", "404"]
    assert len(lines) == 1 + len(reasons)
    for line, reason in zip(lines[1:], reasons, strict=True):
        assert line.startswith("  - url file://")
        assert re.search(reason, line), line
    assert caught.value.exit_code == 5
    assert "MESOSDEPLOY_MIRROR" in (caught.value.hint or "")
    assert "artifacts doctor" in (caught.value.hint or "")


@pytest.mark.parametrize("layout", ["by-name", "by-digest"])
@pytest.mark.parametrize("form", ["directory", "url"])
def test_a_mirror_comes_before_the_sources(
    resolver: Callable[..., Resolver],
    make_entry: MakeEntry,
    content: bytes,
    there: str,
    tmp_path: Path,
    layout: str,
    form: str,
) -> None:
    entry = make_entry(content, there)
    base = tmp_path / "mirror"
    place = base / entry.sha256 if layout == "by-digest" else base
    place.mkdir(parents=True)
    (place / "upload.tar.gz").write_bytes(content)
    mirror = base.as_uri() if form == "url" else str(base)
    found = resolver(entry, mirror=mirror).resolve(UPLOAD)
    assert found.origin.startswith("mirror ")


def test_a_mirror_without_the_file_falls_through(
    resolver: Callable[..., Resolver], make_entry: MakeEntry, content: bytes, there: str
) -> None:
    found = resolver(make_entry(content, there), mirror="/nowhere").resolve(UPLOAD)
    assert found.origin == f"url {there}"


def test_all_indexes_and_links_of_pip_are_asked_in_order(
    resolver: Callable[..., Resolver], make_entry: MakeEntry, content: bytes, tmp_path: Path
) -> None:
    one, two, links = tmp_path / "one", tmp_path / "two", tmp_path / "links"
    (two / "mesos-scheduler").mkdir(parents=True)
    (two / "mesos-scheduler" / "index.html").write_text(
        f'<a href="upload.tar.gz#sha256={"0" * 64}">x</a>'
    )
    links.mkdir()
    (links / "upload.tar.gz").write_bytes(content)
    settings = PipSettings(indexes=(one.as_uri(), two.as_uri()), find_links=(str(links),))
    source = Source(kind=SourceKind.PACKAGE_INDEX, location="mesos.scheduler")
    entry = replace(make_entry(content), sources=(source,))
    lines: list[str] = []
    found = resolver(entry, places=Places(ask_pip=lambda: settings), report=lines.append).resolve(
        UPLOAD
    )
    assert found.origin == f"pip's find-links {links}"
    refused = [line for line in lines if line.startswith("not had from")]
    assert len(refused) == 2
    assert "the project is not in that index" in refused[0]
    assert "another file: it lists sha256 0000" in refused[1]


def test_a_pip_that_cannot_be_asked_is_one_failed_source(
    resolver: Callable[..., Resolver], make_entry: MakeEntry, content: bytes, there: str
) -> None:
    def fail() -> PipSettings:
        raise RefusedError("no pip here")

    source = Source(kind=SourceKind.PACKAGE_INDEX, location="mesos.scheduler")
    entry = make_entry(content, there)
    lines: list[str] = []
    found = resolver(
        replace(entry, sources=(source, *entry.sources)),
        places=Places(ask_pip=fail),
        report=lines.append,
    ).resolve(UPLOAD)
    assert found.origin == f"url {there}"
    assert any("no pip here" in line for line in lines)


def test_a_pip_without_any_index_is_one_failed_source(
    resolver: Callable[..., Resolver], make_entry: MakeEntry, content: bytes
) -> None:
    source = Source(kind=SourceKind.PACKAGE_INDEX, location="p")
    entry = replace(make_entry(content), sources=(source,))
    with pytest.raises(ArtifactError, match="no index and no find-links"):
        resolver(entry, places=Places(ask_pip=PipSettings)).resolve(UPLOAD)


def test_credentials_are_never_shown(
    resolver: Callable[..., Resolver], make_entry: MakeEntry, content: bytes
) -> None:
    entry = make_entry(content, "file://u:secret@nowhere/a")
    settings = PipSettings(indexes=("ftp://user:secret@index.example/simple?token=secret",))
    source = Source(kind=SourceKind.PACKAGE_INDEX, location="p")
    mirror = "nosuch://user:secret@mirror.example"
    places = Places(mirror=mirror, ask_pip=lambda: settings)
    labels = [c.label for c in places.candidates(replace(entry, sources=(source,)))]
    assert len(labels) == 3
    with pytest.raises(ArtifactError) as caught:
        resolver(replace(entry, sources=(source,)), places=places).resolve(UPLOAD)
    assert "secret" not in caught.value.message


def test_a_built_artifact_is_built_once(
    resolver: Callable[..., Resolver],
    make_entry: MakeEntry,
    built_entry: Entry,
    builder: Any,
    content: bytes,
    there: str,
) -> None:
    entries = (make_entry(content, there), built_entry)
    first = resolver(*entries, builders={"toy": builder}).resolve(MESOS)
    assert first.origin == "built from upload.tar.gz"
    assert first.package_version == "1.0+toy1"
    assert (first.name, first.version, first.flavour) == ("mesos", "1.0", "lab")
    assert first.path.read_bytes() == builder.content
    again = resolver(*entries, builders={"toy": builder}).resolve(MESOS)
    assert again == replace(first, origin="store")
    assert len(builder.builds) == 1


def test_a_built_artifact_needs_no_input_once_it_is_there(
    resolver: Callable[..., Resolver],
    make_entry: MakeEntry,
    built_entry: Entry,
    builder: Any,
    content: bytes,
    there: str,
) -> None:
    upload = make_entry(content, there)
    resolver(upload, built_entry, builders={"toy": builder}).resolve(MESOS)
    nowhere = replace(upload, sources=make_entry(content, "file:///gone").sources)
    rest = resolver(nowhere, built_entry, builders={"toy": builder})
    rest.store.path(expected_of(upload)).unlink()
    assert rest.resolve(MESOS).origin == "store"


@pytest.mark.parametrize("change", ["builder", "input"])
def test_other_sources_or_another_input_mean_another_build(
    resolver: Callable[..., Resolver],
    make_entry: MakeEntry,
    make_tar: Make,
    built_entry: Entry,
    builder: Any,
    tmp_path: Path,
    content: bytes,
    there: str,
    change: str,
) -> None:
    resolver(make_entry(content, there), built_entry, builders={"toy": builder}).resolve(MESOS)
    if change == "builder":
        builder.digest = "sources-2"
    else:
        content = make_tar("another upload")
        (tmp_path / "other.tar.gz").write_bytes(content)
        there = (tmp_path / "other.tar.gz").as_uri()
    resolver(make_entry(content, there), built_entry, builders={"toy": builder}).resolve(MESOS)
    assert len(builder.builds) == 2


def test_a_damaged_build_is_built_again(
    resolver: Callable[..., Resolver],
    make_entry: MakeEntry,
    built_entry: Entry,
    builder: Any,
    content: bytes,
    there: str,
) -> None:
    one = resolver(make_entry(content, there), built_entry, builders={"toy": builder})
    path = one.resolve(MESOS).path
    path.write_bytes(b"!<arch>\n")
    assert one.resolve(MESOS).path.read_bytes() == builder.content
    assert len(builder.builds) == 2


def test_a_builder_that_makes_no_package_is_refused(
    resolver: Callable[..., Resolver],
    make_entry: MakeEntry,
    built_entry: Entry,
    builder: Any,
    content: bytes,
    there: str,
) -> None:
    builder.content = b"not a package"
    one = resolver(make_entry(content, there), built_entry, builders={"toy": builder})
    with pytest.raises(ArtifactError, match="not a whole archive"):
        one.resolve(MESOS)
    assert one.build_of(built_entry) is None


def test_an_unknown_builder_is_named(
    resolver: Callable[..., Resolver], make_entry: MakeEntry, built_entry: Entry, content: bytes
) -> None:
    with pytest.raises(ArtifactError, match="no builder is called 'toy'"):
        resolver(make_entry(content), built_entry).resolve(MESOS)


def test_what_the_operator_must_supply_says_so(
    resolver: Callable[..., Resolver], built_entry: Entry
) -> None:
    entry = replace(built_entry, kind=Kind.OPERATOR)
    with pytest.raises(ArtifactError, match="named by the operator") as caught:
        resolver(entry).resolve(MESOS)
    assert "artifacts.lock.yml" in (caught.value.hint or "")


@pytest.fixture
def packed(
    resolver: Callable[..., Resolver],
    make_entry: MakeEntry,
    built_entry: Entry,
    builder: Any,
    content: bytes,
    there: str,
    tmp_path: Path,
) -> Path:
    """Return a bundle with the upload and the build."""
    one = resolver(
        make_entry(content, there),
        built_entry,
        builders={"toy": builder},
        store=Store(tmp_path / "elsewhere"),
    )
    upload, mesos = one.resolve(UPLOAD), one.resolve(MESOS)
    build = one.build_of(built_entry)
    assert build
    files = [(expected_of(one.lock.find(UPLOAD)), upload.path), (build.expected, mesos.path)]
    bundle.write(tmp_path / "b.tar", bundle.Content(files=files, builds=[build], lock=""))
    builder.builds.clear()
    return tmp_path / "b.tar"


def test_a_bundle_gives_files_and_builds_and_nothing_else_is_asked(
    resolver: Callable[..., Resolver],
    make_entry: MakeEntry,
    built_entry: Entry,
    builder: Any,
    content: bytes,
    packed: Path,
) -> None:
    source = Source(kind=SourceKind.PACKAGE_INDEX, location="p")
    entries = (replace(make_entry(content), sources=(source,)), built_entry)
    one = resolver(*entries, builders={"toy": builder}, offline=packed, mirror="/mirror")
    assert one.resolve(MESOS).origin == f"bundle {packed}"
    assert one.resolve(UPLOAD).origin == f"bundle {packed}"
    assert builder.builds == []


def test_a_build_of_other_sources_in_a_bundle_is_made_anew_from_its_input(
    resolver: Callable[..., Resolver],
    make_entry: MakeEntry,
    built_entry: Entry,
    builder: Any,
    content: bytes,
    packed: Path,
) -> None:
    builder.digest = "sources-2"
    one = resolver(
        make_entry(content, "file:///gone"), built_entry, builders={"toy": builder}, offline=packed
    )
    assert one.resolve(MESOS).origin == "built from upload.tar.gz"


def test_a_file_that_the_bundle_lacks_is_not_asked_elsewhere(
    resolver: Callable[..., Resolver],
    make_entry: MakeEntry,
    make_tar: Make,
    tmp_path: Path,
    packed: Path,
) -> None:
    other = make_tar("other")
    (tmp_path / "other").write_bytes(other)
    entry = make_entry(other, (tmp_path / "other").as_uri())
    with pytest.raises(ArtifactError, match="in none of 1 places") as caught:
        resolver(entry, offline=packed, mirror=str(tmp_path)).resolve(UPLOAD)
    assert "the bundle does not hold it" in caught.value.message
    assert "artifacts bundle" in (caught.value.hint or "")


def test_a_bundle_that_is_not_there_is_an_error_even_when_the_store_has_all(
    store: Store, make_entry: MakeEntry, content: bytes, there: str, tmp_path: Path
) -> None:
    lock = Lock((make_entry(content, there),))
    given: dict[str, Any] = {"lock": lock, "store": store, "mirror": None, "report": print}
    artifacts.resolve([UPLOAD], offline=None, **given)
    with pytest.raises(ArtifactError, match="there is no bundle"):
        artifacts.resolve([UPLOAD], offline=tmp_path / "none.tar", **given)


def test_what_is_stored_resolves_in_less_than_50_ms(
    store: Store, make_entry: MakeEntry, content: bytes, there: str
) -> None:
    lock = Lock((make_entry(content, there),))
    given: dict[str, Any] = {"lock": lock, "store": store, "offline": None, "mirror": None}
    first = artifacts.resolve([UPLOAD], report=print, **given)
    times = []
    for _ in range(5):
        began = time.perf_counter()
        again = artifacts.resolve([UPLOAD], report=print, **given)
        times.append(time.perf_counter() - began)
    assert again["mesos-upload"] == replace(first["mesos-upload"], origin="store")
    assert min(times) < 0.05


@pytest.mark.parametrize(
    "record",
    [
        pytest.param({}, id="empty"),
        pytest.param({"key": "k"}, id="short"),
        pytest.param(
            {"key": "k", "filename": "../x", "sha256": "0" * 64, "size": 1}, id="leads-out"
        ),
        pytest.param({"key": "k", "filename": "x", "sha256": "0", "size": 1}, id="no-digest"),
    ],
)
def test_a_damaged_record_of_a_build_is_no_record(record: dict[str, Any]) -> None:
    assert Build.from_record(record) is None


def image_entry(name: str) -> Entry:
    return Entry(
        wanted=Wanted(name=name, version="1.0", flavour="official"),
        kind=Kind.IMAGE,
        licence="Apache-2.0",
        declared_in=Path("artifacts.lock.yml"),
        image=f"registry.example/{name}@sha256:{'ab' * 32}",
    )


def test_an_image_is_named_and_nothing_is_fetched(resolver: Callable[..., Resolver]) -> None:
    entry = image_entry("marathon")
    found = resolver(entry).resolve(entry.wanted)
    assert (found.path, found.image, found.sha256) == (None, entry.image, "ab" * 32)
    assert resolver(entry).stored(entry) is None


def test_an_image_of_what_runs_on_the_node_itself_is_refused(
    resolver: Callable[..., Resolver],
) -> None:
    entry = image_entry("mesos")
    with pytest.raises(ArtifactError, match="cannot be run from a container image"):
        resolver(entry).resolve(entry.wanted)
