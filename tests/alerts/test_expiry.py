"""The program that watches certificates and keys, with real files."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PROGRAM = Path(__file__).resolve().parents[2] / "roles" / "node_exporter" / "files" / "expiry.py"
DAY = 86400

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is missing")


def _certificate(path: Path, end: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lb.example.org")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(end - timedelta(days=90))
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))


def _run(items: list[dict[str, Any]], tmp_path: Path) -> tuple[dict[str, float], str]:
    source, target = tmp_path / "expiry.json", tmp_path / "expiry.prom"
    source.write_text(json.dumps(items), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(source), str(target)],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    text = target.read_text(encoding="utf-8")
    found = re.findall(r'^(\w+)\{kind="\w+",path="([^"]*)"\} (\S+)$', text, re.MULTILINE)
    return {f"{name} {Path(path).name}": float(value) for name, path, value in found}, done.stderr


def test_end_of_a_certificate_is_its_own(tmp_path: Path) -> None:
    end = datetime(2031, 3, 9, 7, 5, 11, tzinfo=UTC)
    path = tmp_path / "lb.pem"
    _certificate(path, end)
    found, said = _run([{"path": str(path), "kind": "certificate"}], tmp_path)
    assert found == {
        "node_expiry_readable lb.pem": 1,
        "node_expiry_timestamp_seconds lb.pem": end.timestamp(),
    }
    assert not said


def test_key_ends_some_days_after_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    path.write_text("x", encoding="utf-8")
    os.utime(path, (1_000_000, 1_000_000))
    found, _said = _run([{"path": str(path), "kind": "key", "days": 30}], tmp_path)
    assert found["node_expiry_timestamp_seconds secret.key"] == 1_000_000 + 30 * DAY


@pytest.mark.parametrize("content", [None, "no certificate"], ids=["missing", "damaged"])
def test_file_that_cannot_be_read_is_reported_and_does_not_hide_others(
    content: str | None, tmp_path: Path
) -> None:
    bad, good = tmp_path / "bad.pem", tmp_path / "good.pem"
    if content is not None:
        bad.write_text(content, encoding="utf-8")
    _certificate(good, datetime(2031, 1, 1, tzinfo=UTC))
    items = [{"path": str(path), "kind": "certificate"} for path in (bad, good)]
    found, said = _run(items, tmp_path)
    assert found["node_expiry_readable bad.pem"] == 0
    assert found["node_expiry_readable good.pem"] == 1
    assert "node_expiry_timestamp_seconds bad.pem" not in found
    assert str(bad) in said


def test_nothing_to_watch_is_an_empty_file_that_prometheus_can_read(tmp_path: Path) -> None:
    found, _said = _run([], tmp_path)
    assert not found
    assert "# TYPE node_expiry_readable gauge" in (tmp_path / "expiry.prom").read_text()
