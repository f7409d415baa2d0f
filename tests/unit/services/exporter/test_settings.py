from __future__ import annotations

from pathlib import Path

import pytest

from mesosdeploy.services.exporter.model import Kind
from mesosdeploy.services.exporter.settings import SettingsError, authorization, load

LEAST = ["--kind", "master", "--url", "http://192.0.2.1:5050"]


def secret(path: Path, text: str, mode: int = 0o600) -> str:
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_least_is_kind_and_url() -> None:
    settings, only_check = load(LEAST)
    assert (settings.kind, settings.url, settings.listen_port) == (Kind.MASTER, LEAST[3], 9105)
    assert settings.credentials is None
    assert not only_check


def test_file_holds_arguments_and_comments(tmp_path: Path) -> None:
    path = tmp_path / "agent.args"
    path.write_text("#\n# managed\n\n--kind=agent\n--url=http://192.0.2.1:5051\n--check\n")
    settings, only_check = load([f"@{path}"])
    assert (settings.kind, settings.url, only_check) == (
        Kind.AGENT,
        "http://192.0.2.1:5051",
        True,
    )


def test_credentials_may_hold_colons(tmp_path: Path) -> None:
    path = secret(tmp_path / "c", "exporter:a:b c\n")
    settings, _ = load([*LEAST, "--credentials-file", path])
    assert settings.credentials == ("exporter", "a:b c")


@pytest.mark.parametrize(
    ("text", "mode", "problem"),
    [
        ("a:b\n", 0o640, "holds a password and has mode 0640: chmod 0600"),
        ("a:b\n", 0o604, "holds a password and has mode 0604: chmod 0600"),
        ("secret\n", 0o600, "does not hold one line of the form user:password"),
        (":secret\n", 0o600, "does not hold one line of the form user:password"),
        ("a:b\nc:d\n", 0o600, "does not hold one line of the form user:password"),
        ("", 0o600, "does not hold one line of the form user:password"),
    ],
    ids=["group", "world", "no-colon", "no-user", "two-lines", "empty"],
)
@pytest.mark.parametrize("option", ["--credentials-file", "--web-credentials-file"])
def test_wrong_file_of_credentials_is_refused_without_its_content(
    option: str, text: str, mode: int, problem: str, tmp_path: Path
) -> None:
    path = secret(tmp_path / "c", text, mode)
    with pytest.raises(SettingsError) as caught:
        load([*LEAST, option, path])
    assert str(caught.value) == f"{path} {problem}"


def test_file_of_credentials_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="gone cannot be read"):
        load([*LEAST, "--credentials-file", str(tmp_path / "gone")])


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--url", "192.0.2.1:5050"], "--url 192.0.2.1:5050: give http://host:port"),
        (["--url", "zk://a:2181"], "--url zk://a:2181: give http://host:port"),
        (["--timeout-seconds", "5"], "--timeout-seconds 5: give more than 0 and less than 5"),
        (["--timeout-seconds", "0"], "--timeout-seconds 0: give more than 0 and less than 5"),
        (["--max-tasks", "-1"], "cannot be negative"),
        (["--ca-file", "/no/such"], "/no/such is no file"),
        (["--ca-file", "/etc/hosts"], "so give https://"),
    ],
    ids=["no-scheme", "zookeeper", "long", "no-time", "negative", "no-file", "tls-without-https"],
)
def test_setting_that_cannot_work_is_refused(options: list[str], problem: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load([*LEAST, *options])
    assert problem in str(caught.value)


def test_header_is_that_of_rfc_7617() -> None:
    assert authorization(("Aladdin", "open sesame")) == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
