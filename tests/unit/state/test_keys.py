"""The key pair: made once, private."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from mesosdeploy.errors import UsageError
from mesosdeploy.state import keys


def test_key_pair_is_made_once_and_private(tmp_path: Path) -> None:
    first = keys.ensure_key_pair(tmp_path, "mesosdeploy c")
    assert first.startswith("ssh-ed25519 ")
    assert first.endswith(" mesosdeploy c")
    assert keys.ensure_key_pair(tmp_path, "other") == first
    private = keys.private_key(tmp_path)
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert "OPENSSH PRIVATE KEY" in private.read_text()


def test_somebody_s_copy_of_the_key_gives_the_same_pair(tmp_path: Path) -> None:
    public = keys.ensure_key_pair(tmp_path, "c")
    assert keys.read(keys.private_key(tmp_path), "c") == keys.kept(tmp_path)
    assert public.split()[1] in str(keys.kept(tmp_path))
    assert "PRIVATE" not in repr(keys.kept(tmp_path))


@pytest.mark.parametrize(
    "content", [None, "", "ssh-ed25519 AAAA me"], ids=["none", "empty", "public"]
)
def test_a_file_that_is_no_private_key_is_told(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UsageError, match=str(path)):
        keys.read(path, "c")


def test_half_a_pair_is_made_anew(tmp_path: Path) -> None:
    first = keys.ensure_key_pair(tmp_path, "c")
    keys.private_key(tmp_path).unlink()
    assert keys.ensure_key_pair(tmp_path, "c") != first
