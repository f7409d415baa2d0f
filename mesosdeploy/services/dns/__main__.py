"""The program mesos-dns: reads its arguments and its configuration, and runs the service."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import tempfile
from pathlib import Path
from typing import Final

from mesosdeploy.services.dns import VERSION
from mesosdeploy.services.dns.dnsmasq import DnsmasqError
from mesosdeploy.services.dns.service import Service
from mesosdeploy.services.dns.settings import ConfigurationError, Settings, load

_WRONG_CONFIGURATION: Final = 2
_CANNOT_SERVE: Final = 1


def main() -> int:
    """Run the program; 2: the configuration is wrong, 1: it cannot listen, 0: it was stopped."""
    arguments = _parser().parse_args()
    if arguments.version:
        sys.stdout.write(f"{VERSION}\n")
        return 0
    logging.basicConfig(
        level=logging.DEBUG if arguments.v else logging.INFO, format="%(levelname)s %(message)s"
    )
    logging.getLogger("kazoo").setLevel(logging.ERROR)  # a lost connection is told by ourselves
    try:
        settings = load(Path(arguments.config))
    except ConfigurationError as exc:
        logging.error("%s", exc)  # noqa: TRY400 - a sentence, no traceback
        return _WRONG_CONFIGURATION
    if arguments.check:
        return 0
    try:
        _serve(settings)
    except (DnsmasqError, OSError) as exc:
        logging.error("%s", exc)  # noqa: TRY400 - a sentence, no traceback
        return _CANNOT_SERVE
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mesos-dns", description="A stand-in for Mesos-DNS on dnsmasq: for laptops and CI."
    )
    parser.add_argument("-config", default="config.json", help="path of the configuration (JSON)")
    parser.add_argument("-check", action="store_true", help="only check the configuration")
    parser.add_argument("-version", action="store_true", help="print the version")
    parser.add_argument("-v", type=int, default=0, help="verbosity: 0, or more for debugging")
    return parser


def _serve(settings: Settings) -> None:
    with tempfile.TemporaryDirectory(
        prefix="mesos-dns-", dir=os.environ.get("RUNTIME_DIRECTORY")
    ) as directory:
        Path(directory).chmod(0o755)

        async def serve() -> None:
            await Service(settings, Path(directory)).run()

        asyncio.run(serve())


if __name__ == "__main__":
    sys.exit(main())
