"""A small framework over the v1 scheduler API: launch tasks, kill them, collect their updates."""

from __future__ import annotations

import http.client
import json
import threading
import time
import uuid
from typing import Any

Json = dict[str, Any]

TERMINAL = frozenset({"TASK_FINISHED", "TASK_FAILED", "TASK_KILLED", "TASK_ERROR", "TASK_LOST"})
_PATH = "/api/v1/scheduler"


def resources(cpus: float, mem: float) -> list[Json]:
    amounts = {"cpus": cpus, "mem": mem, "disk": 16}
    return [
        {"name": name, "type": "SCALAR", "scalar": {"value": value}}
        for name, value in amounts.items()
    ]


def task(command: str | Json, *, cpus: float = 0.1, mem: float = 64, **fields: Any) -> Json:
    """Build a TaskInfo without its agent, which the offer decides."""
    task_id = f"t-{uuid.uuid4().hex[:8]}"
    return {
        "name": task_id,
        "task_id": {"value": task_id},
        "resources": resources(cpus, mem),
        "command": {"shell": True, "value": command} if isinstance(command, str) else command,
        **fields,
    }


class Scheduler:
    """A registered framework; updates are acknowledged as they come in."""

    def __init__(self, port: int, *, checkpoint: bool = True) -> None:
        self._port = port
        self._changed = threading.Condition()
        # What a launch waits for (empty if none does), and the offer that it gets.
        self._needed: list[Json] = []
        self._offer: Json = {}
        self._updates: dict[str, list[Json]] = {}
        self._framework_id: Json = {}
        self._stream_id = ""
        self._closing = False
        self._stream = http.client.HTTPConnection("127.0.0.1", port)
        self._subscribe(checkpoint)

    def launch(self, info: Json) -> str:
        """Launch a task; its ID."""
        offer = self._take_offer(info["resources"])
        launched = {**info, "agent_id": offer["agent_id"]}
        self._accept(offer, {"type": "LAUNCH", "launch": {"task_infos": [launched]}})
        return str(info["task_id"]["value"])

    def launch_group(self, *infos: Json) -> list[str]:
        """Launch tasks as one group under the default executor; their IDs."""
        needed = resources(0.2 + 0.1 * len(infos), 64 + 64 * len(infos))
        offer = self._take_offer(needed)
        executor = {
            "type": "DEFAULT",
            "executor_id": {"value": f"group-{uuid.uuid4().hex[:8]}"},
            "framework_id": self._framework_id,
            "resources": resources(0.1, 32),
        }
        tasks = [{**info, "agent_id": offer["agent_id"]} for info in infos]
        group = {"executor": executor, "task_group": {"tasks": tasks}}
        self._accept(offer, {"type": "LAUNCH_GROUP", "launch_group": group})
        return [str(info["task_id"]["value"]) for info in infos]

    def kill(self, task_id: str, grace_seconds: float | None = None) -> None:
        kill: Json = {"task_id": {"value": task_id}}
        if grace_seconds is not None:
            kill["kill_policy"] = {"grace_period": {"nanoseconds": int(grace_seconds * 1e9)}}
        self._call({"type": "KILL", "kill": kill})

    def updates(self, task_id: str) -> list[Json]:
        with self._changed:
            return list(self._updates.get(task_id, []))

    def states(self, task_id: str) -> list[str]:
        return [update["state"] for update in self.updates(task_id)]

    def wait_update(self, task_id: str, seconds: float = 30, **fields: Any) -> Json:
        """Wait for an update with these fields."""

        def found() -> Json | None:
            for update in self._updates.get(task_id, []):
                if all(update.get(name) == value for name, value in fields.items()):
                    return update
            return None

        return self._wait(found, seconds, f"{fields} of {task_id}")

    def wait_end(self, task_id: str, seconds: float = 30) -> Json:
        """Wait for the terminal update of a task."""

        def found() -> Json | None:
            updates = self._updates.get(task_id, [])
            return next((u for u in updates if u["state"] in TERMINAL), None)

        return self._wait(found, seconds, f"the end of {task_id}")

    def run(self, info: Json, seconds: float = 30) -> Json:
        """Launch a task and wait for its end; the terminal update."""
        return self.wait_end(self.launch(info), seconds)

    def close(self) -> None:
        """Remove the framework with everything that it still runs."""
        self._closing = True
        self._call({"type": "TEARDOWN"})
        self._reader.join(10)
        self._stream.close()

    def _wait(self, found: Any, seconds: float, what: str) -> Any:
        deadline = time.monotonic() + seconds
        with self._changed:
            while not (answer := found()):
                remaining = deadline - time.monotonic()
                seen = {key: [u["state"] for u in value] for key, value in self._updates.items()}
                assert remaining > 0, f"waited {seconds} s for {what}; seen: {seen}"
                self._changed.wait(remaining)
            return answer

    def _subscribe(self, checkpoint: bool) -> None:
        info = {
            "user": "root",
            "name": "lab-tests",
            "roles": ["*"],
            "checkpoint": checkpoint,
            "failover_timeout": 0,
            "capabilities": [{"type": "MULTI_ROLE"}, {"type": "TASK_KILLING_STATE"}],
        }
        body = {"type": "SUBSCRIBE", "subscribe": {"framework_info": info}}
        self._stream.request("POST", _PATH, json.dumps(body), self._headers())
        self._response = self._stream.getresponse()
        assert self._response.status == 200, self._response.read()
        self._stream_id = self._response.headers["Mesos-Stream-Id"]
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._wait(lambda: self._framework_id, 10, "the subscription")

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        return headers | ({"Mesos-Stream-Id": self._stream_id} if self._stream_id else {})

    def _read(self) -> None:
        try:
            while length := self._response.readline():
                self._handle(json.loads(self._response.read(int(length))))
        except (OSError, http.client.HTTPException, ValueError):
            return  # torn down

    def _handle(self, event: Json) -> None:
        kind = event["type"]
        with self._changed:
            if kind == "SUBSCRIBED":
                self._framework_id = event["subscribed"]["framework_id"]
            elif kind == "OFFERS":
                self._take_or_decline(event["offers"]["offers"])
            elif kind == "UPDATE":
                status = event["update"]["status"]
                self._updates.setdefault(status["task_id"]["value"], []).append(status)
            self._changed.notify_all()
        if kind == "UPDATE" and "uuid" in status and not self._closing:
            acknowledge = {name: status[name] for name in ("agent_id", "task_id", "uuid")}
            self._post({"type": "ACKNOWLEDGE", "acknowledge": acknowledge})

    def _take_offer(self, needed: list[Json]) -> Json:
        """Wait for an offer that is large enough."""
        with self._changed:
            self._needed, self._offer = needed, {}
        return self._wait(lambda: self._offer, 30, "an offer")

    def _take_or_decline(self, offers: list[Json]) -> None:
        """Keep the offer that a launch waits for; what is held would be kept from others."""
        for offer in offers:
            if self._needed and _fits(self._needed, offer):
                self._needed, self._offer = [], offer
            else:
                filters = {"refuse_seconds": 0.05}
                decline = {"offer_ids": [offer["id"]], "filters": filters}
                self._post({"type": "DECLINE", "decline": decline})

    def _accept(self, offer: Json, operation: Json) -> None:
        accept = {
            "offer_ids": [offer["id"]],
            "operations": [operation],
            "filters": {"refuse_seconds": 0.05},
        }
        self._call({"type": "ACCEPT", "accept": accept})

    def _call(self, body: Json) -> None:
        status, answer = self._post(body)
        assert status == 202, (status, answer)

    def _post(self, body: Json) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        body = body | {"framework_id": self._framework_id}
        connection.request("POST", _PATH, json.dumps(body), self._headers())
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        return response.status, answer


def _fits(needed: list[Json], offer: Json) -> bool:
    offered: dict[str, float] = {}
    for resource in offer["resources"]:
        if resource["type"] == "SCALAR":
            name = resource["name"]
            offered[name] = offered.get(name, 0.0) + resource["scalar"]["value"]
    return all(offered.get(item["name"], 0.0) >= item["scalar"]["value"] for item in needed)
