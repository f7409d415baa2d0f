"""A driver's credentials are in no command line of a child, in no log of it and in no file."""

from __future__ import annotations

from pathlib import Path

from tests.services.aws.test_product import make_machines
from tests.services.libcloud.cloudstack import CloudStack
from tests.services.libcloud.conftest import CANARY_KEY, CANARY_SECRET
from tests.services.libcloud.test_cloudstack import inventory
from tests.services.secrecy import seen, told

__all__ = ["inventory", "seen"]


def test_credentials_are_in_no_command_line_log_or_file(
    cloud: CloudStack, inventory: Path, seen: Path
) -> None:
    texts = told(make_machines(inventory), seen)
    assert cloud.states() == ["Running"] * 5
    assert not [text for text in texts if CANARY_SECRET in text or CANARY_KEY in text]
