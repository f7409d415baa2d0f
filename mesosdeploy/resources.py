"""Where playbooks, roles, infra tests, samples and runbooks live: a checkout or a wheel."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent

INVENTORY_VARIABLE = "MESOSDEPLOY_INVENTORY_JSON"
"""Names the recorded inventory for Ansible and for the infra tests, whichever cluster it is of."""

BECOME_PASSWORD = "MESOSDEPLOY_BECOME_PASSWORD"  # noqa: S105 - the name of a variable
"""The environment variable with the password that sudo asks for, where it asks for one."""


@cache
def data_root() -> Path:
    """Return the directory of `playbooks/`, `roles/`, `tests/infra/`, `inventories/`, `docs/`.

    A wheel carries them under `mesosdeploy/_data`; a checkout has them at its root.
    """
    installed = _PACKAGE / "_data"
    return installed if installed.is_dir() else _PACKAGE.parent


def playbook(name: str) -> Path:
    """Return the path of the playbook `name` (without ending)."""
    return data_root() / "playbooks" / f"{name}.yml"


def roles_path() -> Path:
    """Return the directory of the Ansible roles."""
    return data_root() / "roles"


def infra_tests() -> Path:
    """Return the directory of the testinfra tests."""
    return data_root() / "tests" / "infra"


def sample_inventories() -> Path:
    """Return the directory of the sample environments."""
    return data_root() / "inventories"


def runbooks() -> Path:
    """Return the directory of the pages that say what to do when an alert fires."""
    return data_root() / "docs" / "runbooks"


def ansible_plugins() -> Path:
    """Return the directory of the package's own Ansible plugins."""
    return _PACKAGE / "ansible_plugins"


def state_dir() -> Path:
    """Return where state is kept: $MESOSDEPLOY_STATE_DIR or the user's state directory."""
    given = os.environ.get("MESOSDEPLOY_STATE_DIR")
    return Path(given) if given else platformdirs.user_state_path("mesosdeploy")


def cache_dir() -> Path:
    """Return where artifacts are kept and images built: $MESOSDEPLOY_CACHE_DIR, or the user's."""
    given = os.environ.get("MESOSDEPLOY_CACHE_DIR")
    return Path(given) if given else platformdirs.user_cache_path("mesosdeploy")
