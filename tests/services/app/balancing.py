"""A real HAProxy and the real balancer as processes, for services that really run."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import httpx

from tests.lab.processes import HOST, Daemon, free_port
from tests.services.balancer.conftest import BASE


def has_haproxy() -> bool:
    return shutil.which("haproxy", path="/usr/sbin:/usr/bin") is not None


class Haproxy(Daemon):
    """A HAProxy as the role's unit runs it, with the configuration in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self.base, self.services = directory / "haproxy.cfg", directory / "services.cfg"
        self.socket = directory / "master.sock"
        self.base.write_text(BASE.format(directory=directory))
        self.services.touch()
        files = ["-f", str(self.base), "-f", str(self.services)]
        words = ["haproxy", "-W", *files, "-S", f"{self.socket},mode,600,level,admin"]
        super().__init__(words, directory / "haproxy.log", {"PATH": "/usr/sbin:/usr/bin:/bin"})

    def is_ready(self) -> bool:
        return self.socket.exists()


class Balancer(Daemon):
    """A mesosdeploy-balancer that configures a HAProxy; `url` is where virtual hosts are served."""

    def __init__(self, directory: Path, haproxy: Haproxy, marathon: str) -> None:
        port, own = free_port(), free_port()
        self.url, self._health = f"http://{HOST}:{port}", f"http://{HOST}:{own}/metrics"
        options = {
            "marathon": [marathon],
            "bind_address": HOST,
            "http_port": port,
            "listen_address": HOST,
            "listen_port": own,
            "haproxy_config": str(haproxy.base),
            "services_config": str(haproxy.services),
            "master_socket": str(haproxy.socket),
        }
        (directory / "balancer.json").write_text(json.dumps(options))
        program = [sys.executable, "-m", "mesosdeploy.services.balancer"]
        super().__init__(
            [*program, "--config", str(directory / "balancer.json")], directory / "balancer.log"
        )

    def is_ready(self) -> bool:
        try:
            return httpx.get(self._health).status_code == httpx.codes.OK
        except httpx.ConnectError:
            return False
