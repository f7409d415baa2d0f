"""A stand-in for CloudStack, because none can be had without hypervisors: its API over HTTP.

It speaks the calls that libcloud's driver makes, as CloudStack's API documentation has them:
queries signed with HMAC-SHA1, answers in JSON under the call's own name, and jobs that are asked
for until they end. It knows nothing of networks, accounts or domains. Faults are set by the test,
each for calls of one command.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

Params = Mapping[str, str]
Answer = dict[str, Any]

PATH = "/client/api"
ZONES = {"zone1": "z-1", "zone2": "z-2"}
OFFERINGS = {"medium": "o-1", "large": "o-2"}
TEMPLATES = {"debian-12": "t-1"}
UNAUTHORIZED, PARAMETER_ERROR = 401, 431
"""Codes of the class ApiErrorCode."""
PENDING, DONE, FAILED = 0, 1, 2


@dataclass
class Fault:
    """What goes wrong with a command.

    It holds for the calls from number `after` on, `times` of them, that have `having` in them.
    With a `status` the call is refused with `text`; `drop` carries it out and cuts the answer off;
    `body` answers with that instead; else the job that the call began fails with `text`.
    """

    command: str
    status: int = 0
    text: str = ""
    body: str = ""
    drop: bool = False
    after: int = 0
    times: int = 1
    having: str = ""
    seen: int = 0

    def hits(self, params: Params) -> bool:
        """Count a call, and say whether it is one of those that go wrong."""
        if params["command"] != self.command or self.having not in "&".join(params.values()):
            return False
        self.seen += 1
        return self.after < self.seen <= self.after + self.times


class RefusedError(Exception):
    """A call that is answered with an error."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass
class CloudStack:
    """The cloud: machines and jobs by id, and everything that was asked."""

    keys: dict[str, str]
    machines: dict[str, Answer] = field(default_factory=dict)
    jobs: dict[str, Answer] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    calls: list[dict[str, str]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def fail(self, *faults: Fault) -> None:
        """Set the faults, and begin a new log."""
        self.faults, self.calls = list(faults), []

    def commands(self) -> list[str]:
        """Return the names of the commands that were asked."""
        return [call["command"] for call in self.calls]

    def states(self) -> list[str]:
        """Return the states of all machines that there are or were."""
        return sorted(machine["state"] for machine in self.machines.values())

    def answer(self, params: Params) -> tuple[Answer, Fault | None]:
        """Carry out a call; RefusedError when it is not allowed or wrong."""
        with self.lock:
            self.calls.append(dict(params))
            self._check_signature(params)
            fault = next((each for each in self.faults if each.hits(params)), None)
            if fault and fault.status:
                raise RefusedError(fault.status, fault.text)
            name = re.sub(r"(?=[A-Z])", "_", params["command"]).lower()
            do: Callable[[Params, str], Answer] = getattr(self, f"_{name}")
            return do(params, fault.text if fault else ""), fault

    def _check_signature(self, params: Params) -> None:
        secret = self.keys.get(params.get("apiKey", ""), "")
        lines = sorted((key.lower(), value) for key, value in params.items() if key != "signature")
        text = "&".join(f"{key}={quote(value, safe='*')}" for key, value in lines).lower()
        digest = hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()
        signature = base64.b64encode(digest).decode()
        if not secret or not hmac.compare_digest(signature, params.get("signature", "")):
            raise RefusedError(UNAUTHORIZED, "unable to verify user credentials and/or signature")

    def _list_zones(self, _params: Params, _fault: str) -> Answer:
        return {"zone": [{"id": id_, "name": name} for name, id_ in ZONES.items()]}

    def _list_service_offerings(self, _params: Params, _fault: str) -> Answer:
        sizes = [{"id": i, "name": n, "cpunumber": 2, "memory": 4096} for n, i in OFFERINGS.items()]
        return {"serviceoffering": sizes}

    def _list_templates(self, params: Params, _fault: str) -> Answer:
        if "templatefilter" not in params:
            raise RefusedError(PARAMETER_ERROR, "missing parameter templatefilter")
        more = {"hypervisor": "KVM", "format": "QCOW2", "ostypename": "Debian", "displaytext": "-"}
        return {"template": [{"id": id_, "name": n, **more} for n, id_ in TEMPLATES.items()]}

    def _list_virtual_machines(self, _params: Params, _fault: str) -> Answer:
        seen = [dict(machine) for machine in self.machines.values()]
        for job in self.jobs.values():
            job["looked"] += 1
            self._advance(job)
        # A list without anything has no such key.
        return {"count": len(seen), "virtualmachine": seen} if seen else {}

    def _list_public_ip_addresses(self, _params: Params, _fault: str) -> Answer:
        return {}

    _list_port_forwarding_rules = _list_ip_forwarding_rules = _list_public_ip_addresses

    def _deploy_virtual_machine(self, params: Params, fault: str) -> Answer:
        wanted = {"serviceofferingid": OFFERINGS, "templateid": TEMPLATES, "zoneid": ZONES}
        for key, known in wanted.items():
            if params.get(key) not in known.values():
                raise RefusedError(PARAMETER_ERROR, f"Unable to find {key} {params.get(key)!r}")
        number = len(self.machines) + 1
        machine = {
            "id": f"vm-{number}",
            "name": params["name"],
            "state": "Starting",
            "zoneid": params["zoneid"],
            "nic": [{"id": f"nic-{number}", "ipaddress": f"10.1.1.{number}"}],
            "user-data": base64.b64decode(params["userdata"]).decode(),
        }
        self.machines[machine["id"]] = machine
        good = "Running" if params.get("startvm", "true").lower() == "true" else "Stopped"
        return self._begin(machine, "Error" if fault else good, fault)

    def _start_virtual_machine(self, params: Params, fault: str) -> Answer:
        return self._begin(self._machine(params), "" if fault else "Running", fault)

    def _destroy_virtual_machine(self, params: Params, fault: str) -> Answer:
        return self._begin(self._machine(params), "" if fault else "Destroyed", fault)

    def _query_async_job_result(self, params: Params, _fault: str) -> Answer:
        job = self.jobs[params["jobid"]]
        job["looked"] += 1
        self._advance(job)
        if job["status"] == FAILED:
            result = {"errorcode": 530, "errortext": job["fault"]}
            return {"jobid": job["id"], "jobstatus": FAILED, "jobresult": result}
        done = {"jobresult": {"virtualmachine": job["machine"]}} if job["status"] else {}
        return {"jobid": job["id"], "jobstatus": job["status"], **done}

    def _machine(self, params: Params) -> Answer:
        if params["id"] not in self.machines:
            raise RefusedError(PARAMETER_ERROR, f"Unable to find a virtual machine {params['id']}")
        return self.machines[params["id"]]

    def _begin(self, machine: Answer, end: str, fault: str) -> Answer:
        id_ = f"job-{len(self.jobs) + 1}"
        job = {"id": id_, "machine": machine, "end": end, "fault": fault, "looked": 0}
        self.jobs[id_] = {**job, "status": PENDING}
        return {"id": machine["id"], "jobid": id_}

    def _advance(self, job: Answer) -> None:
        """End a job that was looked at twice."""
        if job["looked"] < 2 or job["status"] != PENDING:
            return
        job["status"] = FAILED if job["fault"] else DONE
        if job["end"]:
            job["machine"]["state"] = job["end"]


class Handler(BaseHTTPRequestHandler):
    """Answer one request; the server's own `cloud` is asked."""

    def do_GET(self) -> None:
        """Answer with JSON under the call's own name."""
        asked = urlsplit(self.path)
        params = dict(parse_qsl(asked.query, keep_blank_values=True))
        cloud: CloudStack = self.server.cloud  # type: ignore[attr-defined]
        name = f"{params['command'].lower()}response"
        if asked.path != PATH:
            self._send(404, "")
            return
        try:
            found, fault = cloud.answer(params)
        except RefusedError as exc:
            error = {"errorcode": exc.status, "errortext": str(exc)}
            self._send(exc.status, json.dumps({name: error}))
            return
        if fault and fault.drop:
            self.connection.shutdown(2)
            return
        self._send(200, fault.body if fault and fault.body else json.dumps({name: found}))

    def _send(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_words: object) -> None:
        """Print nothing."""


class Server(ThreadingHTTPServer):
    """The cloud at a free port of this computer."""

    daemon_threads = True

    def __init__(self, cloud: CloudStack) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.cloud = cloud
