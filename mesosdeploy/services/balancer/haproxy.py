"""The HAProxy of this machine: checks and replaces its configuration, commands its processes.

The master process listens on a socket (haproxy -S) that takes `reload` from whoever may write to
it, and passes commands on to the worker. So the balancer needs no root and no systemd.
"""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mesosdeploy.services.balancer.options import Options

_ANSWERED_SECONDS: Final = 10.0
_RELOADED_SECONDS: Final = 30.0
_MASTER: Final = re.compile(r"^\d+\s+master\s+(\d+)\s+\[failed: (\d+)\]", re.MULTILINE)
# The current worker; old ones are listed after it.
_WORKER: Final = re.compile(r"^(\d+)\s+worker\s", re.MULTILINE)
_BOUND: Final = re.compile(r"^\s*bind\s+\S*:(\d+)", re.MULTILINE)
_GOOD: Final = ("", "New server registered.", "Server deleted.")
_GONE: Final = "No such server."


class HaproxyError(Exception):
    """HAProxy refused something, or does not answer; the message is what it said."""


class ReloadError(HaproxyError):
    """The new worker did not start; the old one serves on."""


@dataclass(frozen=True, kw_only=True)
class Haproxy:
    """The processes and files that the options name."""

    options: Options

    def ports(self) -> frozenset[int]:
        """Return the ports of the configuration that is in place."""
        path = Path(self.options.services_config)
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        return frozenset(int(port) for port in _BOUND.findall(text))

    async def install(self, text: str) -> None:
        """Replace services.cfg, at once and only by what HAProxy finds valid; else HaproxyError."""
        target = Path(self.options.services_config)
        fresh, old = target.with_name(f".{target.name}.new"), self._old
        try:
            with fresh.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            await self._check(fresh)
            old.unlink(missing_ok=True)
            if target.exists():
                old.hardlink_to(target)
            fresh.replace(target)
        except OSError as exc:
            raise HaproxyError(f"{target} cannot be written: {exc}") from exc
        finally:
            fresh.unlink(missing_ok=True)

    def restore(self) -> None:
        """Put back what was there before the last `install`: with that one HAProxy did start."""
        if self._old.exists():
            self._old.replace(self.options.services_config)

    @property
    def _old(self) -> Path:
        target = Path(self.options.services_config)
        return target.with_name(f".{target.name}.old")

    async def reload(self) -> None:
        """Let a new worker take over; raises HaproxyError when it does not start.

        The master gives the sockets on, so that no connection is refused meanwhile. A master whose
        new worker fails keeps the old one and counts the failure.
        """
        before = await self._reloads()
        await self._ask("reload")
        try:
            async with asyncio.timeout(_RELOADED_SECONDS):
                while (after := await self._after_reload()) in (None, before):
                    await asyncio.sleep(0.02)
        except TimeoutError as exc:
            raise HaproxyError(f"no reload within {_RELOADED_SECONDS:.0f} s") from exc
        if after and after[1]:
            raise ReloadError(
                "the new worker did not start, the old one serves on; "
                "`journalctl --unit haproxy` has the reason"
            )

    async def worker(self) -> str:
        """Return the process id of the current worker; "" while there is none."""
        found = _WORKER.search(await self._ask("show proc"))
        return found.group(1) if found else ""

    async def command(self, command: str) -> None:
        """Give the current worker a command; raises HaproxyError when it objects."""
        answer = (await self._ask(f"@1 {command}")).strip()
        if answer not in _GOOD and not (answer == _GONE and command.startswith("del ")):
            raise HaproxyError(f"`{command}`: {answer}")

    async def _check(self, fresh: Path) -> None:
        argv = (self.options.haproxy, "-c", "-f", self.options.haproxy_config, "-f", str(fresh))
        process = await asyncio.create_subprocess_exec(
            *argv, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said, _ = await process.communicate()
        if process.returncode:
            lines = said.decode(errors="replace").splitlines()
            alerts = [line for line in lines if "[ALERT]" in line] or lines
            raise HaproxyError(f"the configuration is not valid: {'; '.join(alerts[:5])}")

    async def _after_reload(self) -> tuple[int, int] | None:
        """Return the same as `_reloads`; None while the master starts itself anew."""
        try:
            return await self._reloads()
        except HaproxyError:
            return None

    async def _reloads(self) -> tuple[int, int]:
        """Return how often the master was reloaded, and how often in vain since it last worked."""
        text = await self._ask("show proc")
        found = _MASTER.search(text)
        if found is None:
            raise HaproxyError(f"the master process answers `show proc` with {text[:200]!r}")
        return int(found.group(1)), int(found.group(2))

    async def _ask(self, command: str) -> str:
        path = self.options.master_socket
        try:
            async with asyncio.timeout(_ANSWERED_SECONDS):
                reader, writer = await asyncio.open_unix_connection(path)
                try:
                    writer.write(f"{command}\n".encode())
                    writer.write_eof()
                    return (await reader.read()).decode(errors="replace")
                except ConnectionError:
                    return ""  # the master closes every connection when it reloads
                finally:
                    writer.close()
        except (OSError, TimeoutError) as exc:
            raise HaproxyError(f"HAProxy's master does not answer on {path}: {exc}") from exc
