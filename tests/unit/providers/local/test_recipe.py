from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from mesosdeploy.errors import ProviderError
from mesosdeploy.providers.local import image, recipe
from mesosdeploy.providers.local.engine import Engine
from mesosdeploy.providers.local.recipe import Recipe, parse_apt_conf, parse_sources

TARGETS = """\
Debian|http://mirror.invalid/debian|bookworm|main
Debian|http://mirror.invalid/debian|bookworm|contrib
Debian|http://mirror.invalid/debian|bookworm-updates|main
Debian|http://mirror.invalid/security|bookworm-security|main
Debian|http://mirror.invalid/debian|bookworm-backports|main
Debian|http://mirror.invalid/debian|trixie|main
Somebody|http://elsewhere.invalid/apt|bookworm|main
"""
PLAIN = Recipe(
    method="debootstrap",
    suite="bookworm",
    arch="amd64",
    sources=parse_sources(TARGETS, "bookworm"),
    apt_conf=(),
)


def test_sources_are_debians_own_of_the_suite() -> None:
    assert PLAIN.sources == (
        "deb http://mirror.invalid/debian bookworm main contrib",
        "deb http://mirror.invalid/debian bookworm-updates main",
        "deb http://mirror.invalid/security bookworm-security main",
    )
    assert PLAIN.mirror == "http://mirror.invalid/debian"


def test_an_origin_is_unknown_before_the_first_update() -> None:
    assert parse_sources("|http://m.invalid/debian|bookworm|main\n", "bookworm") == (
        "deb http://m.invalid/debian bookworm main",
    )


def test_apt_settings_without_which_nothing_is_reached_are_taken_over() -> None:
    dump = (
        'Acquire "";\nAcquire::http "";\nAcquire::http::Proxy "http://proxy.invalid:3128";\n'
        'Acquire::Check-Valid-Until "false";\nDir::Etc "etc/apt";\nAcquire::https::Proxy "";\n'
    )
    assert parse_apt_conf(dump) == (
        'Acquire::http::Proxy "http://proxy.invalid:3128";',
        'Acquire::Check-Valid-Until "false";',
    )


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(replace(PLAIN, suite="trixie"), id="suite"),
        pytest.param(replace(PLAIN, arch="arm64"), id="architecture"),
        pytest.param(replace(PLAIN, method="pull"), id="method"),
        pytest.param(replace(PLAIN, sources=PLAIN.sources[:1]), id="sources"),
        pytest.param(replace(PLAIN, apt_conf=("x;",)), id="apt settings"),
    ],
)
def test_another_content_has_another_tag(changed: Recipe) -> None:
    assert changed.tag != PLAIN.tag
    assert PLAIN.tag == replace(PLAIN).tag
    assert PLAIN.tag.startswith("localhost/mesosdeploy-node:")


def test_packages_and_build_script_are_part_of_the_tag(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tags = {PLAIN.tag}
    with monkeypatch.context() as patch:
        patch.setattr(recipe, "PRELOADED", ("other",))
        tags.add(PLAIN.tag)
    script = tmp_path / "build_image.sh"
    script.write_text("true\n")
    monkeypatch.setattr(recipe, "SCRIPT", script)
    tags.add(PLAIN.tag)
    assert len(tags) == 3


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(ProviderError, match="image: 'buildah' is not known"):
        recipe.choose_recipe("buildah")


def test_the_build_script_is_part_of_the_package() -> None:
    assert recipe.SCRIPT.is_file()
    assert recipe.SCRIPT.read_text().startswith("#!/bin/sh\n")


class Images(Engine):
    """An engine that has every image, and fails when anything but that is asked."""

    def read(self, *words: str, stdin: bytes | None = None, timeout_seconds: float = 60) -> bytes:
        del stdin, timeout_seconds
        assert words == ("image", "inspect", PLAIN.tag)
        return b"[]"


def test_a_cached_image_is_not_built_again() -> None:
    steps: list[str] = []
    assert image.ensure(Images(name="podman"), PLAIN, steps.append) == PLAIN.tag
    assert steps == []


def test_missing_build_commands_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "debootstrap" else name)
    finding = image.can_build(PLAIN)
    assert (finding.ok, finding.message) == (
        False,
        "it is not built yet, and debootstrap is not installed",
    )
    assert "apt-get install" in finding.remedy
    assert image.can_build(replace(PLAIN, method="pull")).ok
