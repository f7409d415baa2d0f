"""The control plane's own environment and its empty databases, made once and kept in the cache.

`python -m tests.services.openstack.control_plane.installation` makes them before any test runs.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import openstack
from filelock import FileLock

from mesosdeploy import resources
from tests.services.openstack.control_plane import configuration
from tests.services.openstack.control_plane.configuration import PLACEHOLDERS
from tests.services.openstack.control_plane.processes import answers, free_ports, serving, until

HERE = Path(__file__).parent
ADMIN_PASSWORD = "admin"
DIRECTORIES = ("databases", "logs", "locks", "keystone", "placement", "glance", "nova", "neutron")
_PASTE = ("glance/glance-api-paste.ini", "nova/api-paste.ini", "neutron/api-paste.ini")


@dataclass(frozen=True, kw_only=True)
class Installation:
    """Where the environment is, and the state of a control plane that never ran."""

    environment: Path
    template: Path

    def run(self, program: str, *arguments: str, root: Path) -> None:
        """Run one of its programs on a state; what it says is shown when it fails."""
        ended = subprocess.run(
            [str(self.environment / "bin" / program), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            env={**os.environ, "OS_KEYSTONE_CONFIG_DIR": str(root / "keystone")},
        )
        assert ended.returncode == 0, f"{program} {arguments}: {ended.stdout[-3000:]}"

    def copy(self, root: Path, ports: Mapping[str, int]) -> None:
        """Make a state of its own below `root`, whose services are at these ports."""
        shutil.copytree(self.template, root, dirs_exist_ok=True)
        write(root, ports, self.environment)
        with sqlite3.connect(root / "databases/keystone.db") as database:
            for service, (_, path) in configuration.PATHS.items():
                old = configuration.url(service, PLACEHOLDERS)
                new = configuration.url(service, ports)
                database.execute("UPDATE endpoint SET url = ? WHERE url = ?", (new, old))
                assert path in new
        with sqlite3.connect(root / "databases/nova_api.db") as database:
            for cell in ("cell0", "cell1"):
                database.execute(
                    "UPDATE cell_mappings SET database_connection = ? WHERE name = ?",
                    (configuration.database(root, f"nova_{cell}"), cell),
                )


def write(root: Path, ports: Mapping[str, int], environment: Path) -> None:
    """Write the configuration of every service."""
    for name in DIRECTORIES:
        (root / name).mkdir(parents=True, exist_ok=True)
    for name in _PASTE:
        service, file = name.split("/")
        shutil.copy(environment / "etc" / service / file, root / name)
    for name, text in configuration.files(root, ports).items():
        (root / name).write_text(text)


def install() -> Installation:
    """Return the installation, made if it is not there; some minutes, once."""
    requirements = HERE / "requirements.txt"
    parts = [requirements.read_bytes(), (HERE / "configuration.py").read_bytes()]
    parts += [Path(__file__).read_bytes(), sys.version.encode()]
    digest = hashlib.sha256(b"".join(parts[:1] + parts[3:])).hexdigest()[:12]
    state = hashlib.sha256(b"".join(parts)).hexdigest()[:12]
    root = resources.cache_dir() / "openstack"
    root.mkdir(parents=True, exist_ok=True)
    made = Installation(
        environment=root / f"environment-{digest}", template=root / f"template-{state}"
    )
    with FileLock(root / "lock"):
        if not (made.environment / "complete").exists():
            _install_packages(made.environment, requirements)
        if not made.template.exists():
            _make_template(made)
    return made


def _install_packages(environment: Path, requirements: Path) -> None:
    shutil.rmtree(environment, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    subprocess.run(
        [str(environment / "bin/pip"), "install", "--quiet", "--requirement", str(requirements)],
        check=True,
    )
    (environment / "complete").touch()


def _make_template(made: Installation) -> None:
    """Make the databases with their tables, the keys, the users and the catalogue."""
    root = made.template.with_suffix(".part")
    shutil.rmtree(root, ignore_errors=True)
    write(root, PLACEHOLDERS, made.environment)
    keystone = ("--config-file", str(root / "keystone/keystone.conf"))
    owner = ("--keystone-user", str(os.getuid()), "--keystone-group", str(os.getgid()))
    made.run("keystone-manage", *keystone, "db_sync", root=root)
    made.run("keystone-manage", *keystone, "fernet_setup", *owner, root=root)
    made.run("keystone-manage", *keystone, "credential_setup", *owner, root=root)
    place = configuration.url("keystone", PLACEHOLDERS)
    made.run(
        "keystone-manage", *keystone, "bootstrap",
        "--bootstrap-password", ADMIN_PASSWORD, "--bootstrap-region-id", configuration.REGION,
        "--bootstrap-admin-url", place, "--bootstrap-internal-url", place,
        "--bootstrap-public-url", place,
        root=root,
    )  # fmt: skip
    placement = str(root / "placement/placement.conf")
    made.run("placement-manage", "--config-file", placement, "db", "sync", root=root)
    glance = str(root / "glance/glance-api.conf")
    made.run("glance-manage", "--config-file", glance, "db_sync", root=root)
    nova = ("--config-file", str(root / "nova/nova.conf"))
    cell0 = configuration.database(root, "nova_cell0")
    made.run("nova-manage", *nova, "api_db", "sync", root=root)
    made.run(
        "nova-manage", *nova, "cell_v2", "map_cell0", "--database_connection", cell0, root=root
    )
    made.run("nova-manage", *nova, "db", "sync", root=root)
    made.run("nova-manage", *nova, "cell_v2", "create_cell", "--name", "cell1", root=root)
    neutron = configuration.database(root, "neutron")
    made.run("python", str(HERE / "neutron_tables.py"), neutron, root=root)
    (port,) = free_ports(1)
    with serving(made.environment, "keystone", root, port):
        until(partial(answers, port), f"keystone does not answer: {root}/logs")
        address = configuration.url("keystone", {"keystone": port})
        # The catalogue has the placeholders already.
        admin = connect(address, "admin", ADMIN_PASSWORD, identity_endpoint_override=address)
        _make_people(admin.identity)
    root.rename(made.template)


def _make_people(identity: Any) -> None:
    """Make the services' users and entries, and two projects with a user each."""
    service = identity.create_project(name="service", domain_id="default")
    roles = {role.name: role for role in identity.roles()}
    for name in ("nova", "glance", "placement", "neutron"):
        user = identity.create_user(
            name=name, password=configuration.SERVICE_PASSWORD, domain_id="default"
        )
        for role in ("admin", "service"):
            identity.assign_project_role_to_user(service, user, roles[role])
        entry = identity.create_service(name=name, type=configuration.PATHS[name][0])
        for interface in ("public", "internal", "admin"):
            identity.create_endpoint(
                service_id=entry.id,
                interface=interface,
                url=configuration.url(name, PLACEHOLDERS),
                region_id=configuration.REGION,
            )
    for name in ("demo", "other"):
        project = identity.create_project(name=name, domain_id="default")
        user = identity.create_user(name=name, password=f"{name}-password", domain_id="default")
        identity.assign_project_role_to_user(project, user, roles["member"])


def connect(address: str, user: str, password: str, **more: str) -> Any:
    """Return a connection of a user in the project of the same name."""
    return openstack.connect(
        load_yaml_config=False,
        load_envvars=False,
        auth_url=address,
        username=user,
        password=password,
        project_name=user,
        user_domain_id="default",
        project_domain_id="default",
        region_name=configuration.REGION,
        identity_api_version="3",
        **more,
    )


if __name__ == "__main__":
    install()
