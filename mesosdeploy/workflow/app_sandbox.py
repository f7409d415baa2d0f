"""What tasks wrote: the ends of files in their sandboxes, and what is added to them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import httpx

from mesosdeploy.errors import DeployError
from mesosdeploy.mesos.asking import client
from mesosdeploy.mesos.sandbox import directory

_SECONDS = 5.0
_PIECE = 64 * 1024
_MOST_FOR_A_TAIL = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class SandboxFile:
    """A file of a task's sandbox on an agent, and up to where it was read (bytes)."""

    agent: str
    path: str
    offset: int = 0

    @classmethod
    def of_task(cls, agent: str, task_id: str, name: str) -> SandboxFile:
        """Find the file `name` of a task; DeployError when the agent does not know the task."""
        with client() as http:
            try:
                state = _json(http, f"{agent}/state")
                return cls(agent=agent, path=f"{directory(state, task_id)}/{name}")
            except (httpx.HTTPError, LookupError, ValueError) as exc:
                raise DeployError(f"{name} of {task_id} at {agent}: {exc}") from exc

    def tail(self, lines: int) -> tuple[list[str], SandboxFile]:
        """Return the last lines, at most 1 MiB of them, and the file as read to its end."""
        with client() as http:
            end = self._size(http)
            begin, text = end, b""
            while begin > 0 and text.count(b"\n") <= lines and len(text) < _MOST_FOR_A_TAIL:
                size = min(_PIECE, begin)
                begin -= size
                text = self._read(http, begin, size) + text
        shown = text.decode(errors="replace").splitlines()
        return shown[-lines:] if lines else [], replace(self, offset=end)

    def added(self) -> tuple[list[str], SandboxFile]:
        """Return the whole lines written since it was last read; what has no end yet waits."""
        with client() as http:
            text = self._read(http, self.offset, _PIECE)
        whole = text[: text.rfind(b"\n") + 1] if len(text) < _PIECE else text
        lines = whole.decode(errors="replace").splitlines()
        return lines, replace(self, offset=self.offset + len(whole))

    def _size(self, http: httpx.Client) -> int:
        return int(self._answer(http, -1, 0)["offset"])

    def _read(self, http: httpx.Client, offset: int, length: int) -> bytes:
        data = str(self._answer(http, offset, length)["data"])
        return data.encode(errors="surrogateescape")

    def _answer(self, http: httpx.Client, offset: int, length: int) -> dict[str, Any]:
        params = {"path": self.path, "offset": str(offset), "length": str(length)}
        try:
            return _json(http, f"{self.agent}/files/read", params)
        except (httpx.HTTPError, ValueError) as exc:
            raise DeployError(f"{self.path} at {self.agent} cannot be read: {exc}") from exc


def _json(http: httpx.Client, url: str, params: dict[str, str] | None = None) -> dict[str, Any]:
    content = http.get(url, params=params, timeout=_SECONDS).raise_for_status().content
    # A piece of a file may begin or end within a character: its bytes are kept as they are.
    answer = json.loads(content.decode(errors="surrogateescape"))
    if not isinstance(answer, dict) or not answer:
        raise ValueError(f"{url} answered {str(answer)[:60]}")
    return answer
