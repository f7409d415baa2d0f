"""Options from variables and arguments, and every way in which they are refused."""

from __future__ import annotations

import socket

import pytest

from mesosdeploy.services.marathon.settings import Settings, SettingsError, ZooKeeperUrl, read

_MASTER = {"MARATHON_MASTER": "zk://a:2181/mesos"}


def test_variables_and_arguments_are_one_set_of_options() -> None:
    variables = {
        **_MASTER,
        "MARATHON_HTTP_PORT": "8081",
        "MARATHON_HOSTNAME": "-odd",
        "MARATHON_DISABLE_CHECKPOINT": "",
        "LIBPROCESS_IP": "10.0.0.1",
    }
    settings = read(["--mesos_role", "services", "--zk=zk://b/m"], variables)
    assert settings == Settings(
        master="zk://a:2181/mesos",
        zk="zk://b/m",
        http_port=8081,
        hostname="-odd",
        mesos_role="services",
        checkpoint=False,
    )
    assert settings.address == "-odd:8081"


def test_empty_variable_enables_a_flag() -> None:
    assert read([], {**_MASTER, "MARATHON_CHECKPOINT": "", "MARATHON_HA": ""}).checkpoint


def test_address_is_made_of_the_machine_name_when_none_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "box")
    settings = read([], _MASTER)
    assert (settings.address, settings.web_address) == ("box:8080", "http://box:8080")


@pytest.mark.parametrize(
    ("given", "expected"),
    [("", None), ("me:secret", ("me", "secret")), ("me:a:b", ("me", "a:b"))],
)
def test_credentials_are_user_and_password(given: str, expected: tuple[str, str] | None) -> None:
    assert read([], {**_MASTER, "MARATHON_HTTP_CREDENTIALS": given}).credentials == expected


@pytest.mark.parametrize(
    ("arguments", "variables", "text"),
    [
        ([], {}, "no masters are named"),
        ([], {**_MASTER, "MARATHON_NO_SUCH": "1"}, "--no_such=1"),
        (["--no_such", "1"], _MASTER, "--no_such"),
        (["--http", "1"], _MASTER, "--http"),
        (["--http_port", "many"], _MASTER, "invalid int value: 'many'"),
        (["--master", "a:5050"], _MASTER, r"given on the command line and .*'master'"),
        (["--master", "nowhere"], {}, "neither zk://… nor host:port"),
        (["--master", "zk://a:2181"], {}, "no ZooKeeper URL"),
        (["--zk", "zk://a:2181/"], _MASTER, "no ZooKeeper URL"),
        (["--zk", "zk://a,,b/m"], _MASTER, "no ZooKeeper URL"),
        (["--http_credentials", "me"], _MASTER, "user:password"),
        (["--disable_ha"], _MASTER, "always elects"),
        (["--mesos_authentication_secret_file", "/no/file"], _MASTER, "there is no file /no/file"),
        (["--enable_features", "vips,task_killing"], _MASTER, "vips cannot be had"),
        (["--local_port_min", "9", "--local_port_max", "8"], _MASTER, "above"),
        (["--logging_level", "loud"], _MASTER, "'loud'"),
    ],
)
def test_wrong_options_are_refused_by_name(
    arguments: list[str], variables: dict[str, str], text: str
) -> None:
    with pytest.raises(SettingsError, match=text):
        read(arguments, variables)


def test_help_lists_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        read(["--help"], {})
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    names = [f"--{name}" for name in Settings.__dataclass_fields__]
    assert len(names) > 20
    assert [name for name in names if name not in shown] == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("zk://a/marathon", ZooKeeperUrl("a:2181", "/marathon", "")),
        ("zk://a:1,b/x/y/", ZooKeeperUrl("a:1,b:2181", "/x/y", "")),
        ("zk://me:pass@a:1/m", ZooKeeperUrl("a:1", "/m", "me:pass")),
    ],
)
def test_zookeeper_url(url: str, expected: ZooKeeperUrl) -> None:
    assert ZooKeeperUrl.parse(url) == expected
