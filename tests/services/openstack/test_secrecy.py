"""The password of OpenStack is in no command line of a child, in no log of it and in no file."""

from __future__ import annotations

from pathlib import Path

from tests.services.aws.test_product import make_machines
from tests.services.openstack.conftest import PASSWORD, Cloud
from tests.services.openstack.test_product import inventory
from tests.services.secrecy import seen, told

__all__ = ["inventory", "seen"]


def test_the_password_is_in_no_command_line_log_or_file(
    cloud: Cloud, inventory: Path, seen: Path
) -> None:
    texts = told(make_machines(inventory), seen)
    assert len(cloud.servers()) == 4
    assert not [text for text in texts if PASSWORD in text]
