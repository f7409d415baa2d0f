"""AWS' credentials are in no command line of a child, in no log of it and in no file."""

from __future__ import annotations

from pathlib import Path

from tests.services.aws.conftest import CANARY_ID, CANARY_SECRET, Aws
from tests.services.aws.test_product import inventory, make_machines
from tests.services.secrecy import seen, told

__all__ = ["inventory", "seen"]


def test_credentials_are_in_no_command_line_log_or_file(
    aws: Aws, inventory: Path, seen: Path
) -> None:
    texts = told(make_machines(inventory), seen)
    assert len(aws.alive()) == 6
    assert not [text for text in texts if CANARY_SECRET in text or CANARY_ID in text]
