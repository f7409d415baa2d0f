"""The flags of the daemons: all of them from the environment, refusals, --help and --version."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.lab.conftest import Directories
from tests.lab.processes import Agent, Master, get

# A flag may be followed by its value, by an alias or by its description.
_FLAG = re.compile(r"^\s+--(?:\[no-\])?([a-z0-9_]+)(?=[=,\s])", re.MULTILINE)
# Flags whose value is a path by itself: a file that does not exist is no error of parsing.
_PATHS = {
    "mesos-master": {"credentials", "whitelist"},
    "mesos-agent": {"credential", "http_credentials", "jwt_secret_key"},
}
_COUNTS = {"mesos-master": 77, "mesos-agent": 135}


def run(
    program: Path, *arguments: str, environment: Mapping[str, str] = {}
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, *arguments],
        capture_output=True,
        text=True,
        env=dict(environment),
        timeout=10,
        check=False,
    )


def flags(program: Path) -> list[str]:
    return _FLAG.findall(run(program, "--help").stdout)


@pytest.mark.parametrize("name", _COUNTS)
def test_help_and_version_are_those_of_mesos(root: Path, name: str) -> None:
    program = root / "usr/sbin" / name
    result = run(program, "--help")
    assert result.returncode == 0
    assert result.stdout.startswith(f"Usage: {name} [options]")
    assert len(flags(program)) == _COUNTS[name]
    assert run(program, "--version").stdout == "mesos 1.11.0\n"


@pytest.mark.parametrize("name", _COUNTS)
def test_every_flag_is_read_from_the_environment(root: Path, name: str) -> None:
    """A value that is a missing file cannot be loaded, and the error names the flag."""
    program = root / "usr/sbin" / name

    def is_read(flag: str) -> bool:
        environment = {f"MESOS_{flag.upper()}": f"file:///nonexistent/{flag}"}
        result = run(program, environment=environment)
        return result.returncode == 1 and f"'{flag}'" in result.stderr

    names = [flag for flag in flags(program) if flag not in _PATHS[name]]
    assert len(names) == _COUNTS[name] - len(_PATHS[name])
    with ThreadPoolExecutor(4) as pool:
        unread = [
            flag for flag, read in zip(names, pool.map(is_read, names), strict=True) if not read
        ]
    assert unread == []


def test_paths_and_other_values_take_effect(root: Path, directories: Directories) -> None:
    directory = directories.make("flags")
    secret = '{"principal": "agent", "secret": "abc"}'
    files = {
        "credentials": f'{{"credentials": [{secret}]}}',
        "credential": secret,
        "whitelist": "127.0.0.1\n",
        "jwt_secret_key": "key",
        "acls": '{"permissive": true}',
    }
    for name, content in files.items():
        (directory / name).write_text(content)
        (directory / name).chmod(0o600)
    path = {name: str(directory / name) for name in files}
    master_flags = {
        "MESOS_CREDENTIALS": path["credentials"],
        "MESOS_WHITELIST": path["whitelist"],
        "MESOS_ACLS": f"file://{path['acls']}",
        "MESOS_AUTHENTICATE_AGENTS": "true",
        "MESOS_CLUSTER": "lab",
        "MESOS_AGENT_REMOVAL_RATE_LIMIT": "1/10mins",
    }
    agent_flags = {
        "MESOS_CREDENTIAL": path["credential"],
        "MESOS_HTTP_CREDENTIALS": path["credentials"],
        "MESOS_JWT_SECRET_KEY": path["jwt_secret_key"],
        "MESOS_ATTRIBUTES": "rack:r1",
    }
    with Master(root, directory, environment=master_flags) as master:
        # The agent is only ready once it has authenticated itself.
        with Agent(root, directory, master.address, agent_flags) as agent:
            _assert_flags(agent.url, agent_flags)
            assert get(f"{agent.url}/state")["attributes"] == {"rack": "r1"}
            assert get(f"{agent.url}/containerizer/debug") == {"pending": []}
        _assert_flags(master.url, master_flags)
        assert get(f"{master.url}/state")["cluster"] == "lab"


def _assert_flags(url: str, environment: Mapping[str, str]) -> None:
    effective = get(f"{url}/flags")["flags"]
    expected = {name.removeprefix("MESOS_").lower(): value for name, value in environment.items()}
    # --acls is shown as its content.
    assert set(expected) <= set(effective)
    names = set(expected) - {"acls", "http_credentials", "credential"}
    assert {n: effective[n] for n in names} == {n: expected[n] for n in names}


@pytest.mark.parametrize(
    ("name", "environment", "message"),
    [
        ("mesos-master", {"LIBPROCESS_SSL_ENABLED": "1"}, "has no TLS"),
        ("mesos-agent", {"LIBPROCESS_SSL_ENABLED": "true"}, "has no TLS"),
        ("mesos-agent", {"SSL_ENABLED": "1"}, "has no TLS"),
        ("mesos-master", {"MESOS_MODULES": '{"libraries": []}'}, "--modules is not available"),
        ("mesos-master", {"MESOS_FIREWALL_RULES": "{}"}, "--firewall_rules is not available"),
        ("mesos-master", {"MESOS_AUTHORIZERS": "other"}, "--authorizers knows only 'local'"),
        ("mesos-master", {"MESOS_ALLOCATOR": "other"}, "--allocator knows only 'hierarchical'"),
        ("mesos-master", {"MESOS_ROLE_SORTER": "random"}, "--role_sorter knows only 'drf'"),
        ("mesos-master", {"MESOS_MASTER_DETECTOR": "m"}, "--master_detector (a module)"),
        ("mesos-agent", {"MESOS_MASTER_DETECTOR": "m"}, "--master_detector (a module)"),
        ("mesos-agent", {"MESOS_CONTAINERIZERS": "docker,mesos"}, "use 'mesos'"),
        ("mesos-agent", {"MESOS_AGENT_SUBSYSTEMS": "cpu"}, "--agent_subsystems"),
        ("mesos-agent", {"MESOS_HTTP_EXECUTOR_DOMAIN_SOCKETS": "true"}, "domain_sockets"),
        ("mesos-agent", {"MESOS_CSI_PLUGIN_CONFIG_DIR": "/tmp"}, "--csi_plugin_config_dir"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_what_cannot_work_is_refused_with_a_message(
    root: Path, tmp_path: Path, name: str, environment: dict[str, str], message: str
) -> None:
    given = {"MESOS_WORK_DIR": str(tmp_path), "MESOS_MASTER": "127.0.0.1:1", **environment}
    if name == "mesos-master":
        del given["MESOS_MASTER"]
    result = run(root / "usr/sbin" / name, environment=given)
    assert result.returncode == 1
    assert message in result.stderr
