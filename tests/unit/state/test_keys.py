"""The key pair: made once, private."""

from __future__ import annotations

import stat
from pathlib import Path

from mesosdeploy.state import keys


def test_key_pair_is_made_once_and_private(tmp_path: Path) -> None:
    first = keys.ensure_key_pair(tmp_path, "mesosdeploy c")
    assert first.startswith("ssh-ed25519 ")
    assert first.endswith(" mesosdeploy c")
    assert keys.ensure_key_pair(tmp_path, "other") == first
    private = keys.private_key(tmp_path)
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert "OPENSSH PRIVATE KEY" in private.read_text()


def test_half_a_pair_is_made_anew(tmp_path: Path) -> None:
    first = keys.ensure_key_pair(tmp_path, "c")
    keys.private_key(tmp_path).unlink()
    assert keys.ensure_key_pair(tmp_path, "c") != first
