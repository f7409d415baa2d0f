"""moto's server, answering as AWS does where the two differ, with faults that a test asks for.

Differences that are levelled here: AWS ends the namespace of an EC2 answer with a slash and gives
errors none, it makes no second machine for a client token that it knows, and a network interface
that came with a machine or a NAT gateway goes with it. Everything else is moto's. Faults are set
by `PUT /_faults`, the log of calls is read by `GET /_log`.
"""

from __future__ import annotations

import io
import json
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from itertools import product
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2 import ec2_backends
from moto.ec2.models.tags import TagBackend
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

_SENT = b'xmlns="http://ec2.amazonaws.com/doc/2016-11-15"'
_REAL = b'xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"'
ERROR = """<?xml version="1.0" encoding="UTF-8"?>
<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>\
<RequestID>injected</RequestID></Response>"""

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Answer = tuple[str, list[tuple[str, str]], bytes]


@dataclass
class Fault:
    """What goes wrong with an operation.

    It holds for the calls from number `after` on, `times` of them, whose parameters contain
    `having`. With a `code` the call is refused; `drop` carries it out and cuts the answer off;
    `delay_seconds` comes before either.
    """

    action: str
    code: str = ""
    status: int = 400
    message: str = "injected by the test"
    after: int = 0
    times: int = 1
    having: str = ""
    delay_seconds: float = 0
    drop: bool = False
    seen: int = 0

    def hits(self, action: str, parameters: str) -> bool:
        """Count a call, and say whether it is one of those that go wrong."""
        if action != self.action or self.having not in parameters:
            return False
        self.seen += 1
        return self.after < self.seen <= self.after + self.times


class Cloud:
    """A WSGI application around moto's."""

    def __init__(self) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._log: list[dict[str, str]] = []
        self._launching = threading.Lock()
        self._answers: dict[str, Answer] = {}

    def __call__(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        if environ["PATH_INFO"] in {"/_faults", "/_log"}:
            return self._settings(environ, body, start)
        given = {key: values[0] for key, values in parse_qs(body.decode()).items()}
        action = given.get("Action", "")
        with self._lock:
            fault = next((f for f in self._faults if f.hits(action, body.decode())), None)
            entry = {"action": action, "query": environ.get("QUERY_STRING", ""), **given}
            self._log.append(entry)
        if fault:
            time.sleep(fault.delay_seconds)
        if fault and fault.code:
            text = ERROR.format(code=fault.code, message=fault.message).encode()
            start(f"{fault.status} Injected", [("Content-Type", "text/xml")])
            return [text]
        began = time.monotonic()
        status, headers, answer = self.carried_out(environ, given)
        entry["seconds"] = f"{time.monotonic() - began:.4f}"
        if fault and fault.drop:
            environ["werkzeug.socket"].shutdown(2)
            return []
        start(status, headers)
        return [answer]

    def carried_out(self, environ: Environ, given: dict[str, str]) -> Answer:
        """Return moto's answer to a call; `given` are its parameters."""
        if given.get("Action") == "DeleteNatGateway":
            return self._without_its_interface(environ, given["NatGatewayId"])
        if given.get("Action") == "TerminateInstances":
            _tie_interfaces(value for key, value in given.items() if key.startswith("InstanceId."))
        if given.get("Action") != "RunInstances":
            return self._asked(environ)
        # Two calls with one token make one machine, even at the same time.
        with self._launching:
            token = given["ClientToken"]
            if token not in self._answers:
                result = self._asked(environ)
                if not result[0].startswith("200"):
                    return result
                self._answers[token] = result
            return self._answers[token]

    def _without_its_interface(self, environ: Environ, gateway: str) -> Answer:
        answer = self._asked(environ)
        for backend in ec2_backends[DEFAULT_ACCOUNT_ID].values():
            if (found := backend.nat_gateways.get(gateway)) and found._eni.id in backend.enis:
                backend.delete_network_interface(found._eni.id)
        return answer

    def _asked(self, environ: Environ) -> Answer:
        told: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], _info: object = None) -> None:
            told.update(status=status, headers=headers)

        answer = b"".join(self._moto(environ, start))
        is_error = b"<Errors>" in answer
        answer = answer.replace(b" " + _SENT, b"") if is_error else answer.replace(_SENT, _REAL)
        headers = [pair for pair in told["headers"] if pair[0].lower() != "content-length"]
        headers.append(("Content-Length", str(len(answer))))
        return told["status"], headers, answer

    def _settings(self, environ: Environ, body: bytes, start: StartResponse) -> Iterable[bytes]:
        with self._lock:
            if environ["REQUEST_METHOD"] == "PUT":
                self._faults = [Fault(**entry) for entry in json.loads(body)]
                self._log = []
                self._answers = {}
            is_log = environ["PATH_INFO"] == "/_log"
            answer = self._log if is_log else [asdict(fault) for fault in self._faults]
            text = json.dumps(answer).encode()
        start("200 OK", [("Content-Type", "application/json")])
        return [text]


def _tie_interfaces(machines: Iterable[str]) -> None:
    for backend, machine in product(ec2_backends[DEFAULT_ACCOUNT_ID].values(), list(machines)):
        if found := backend.get_instance_by_id(machine):
            for interface in found.nics.values():
                interface.delete_on_termination = True


_every_tag = TagBackend.describe_tags


def _describe_tags(backend: Any, filters: dict[str, list[str]] | None = None) -> Any:
    """Return tags as moto does, but those of one object without a look at all there are.

    Each object of a list is asked for its tags, so that a thousand would cost a million looks.
    """
    if filters and list(filters) == ["resource-id"] and len(filters["resource-id"]) == 1:
        (id_,) = filters["resource-id"]
        known = backend.VALID_TAG_FILTERS
        backend = SimpleNamespace(tags={id_: backend.tags.get(id_, {})}, VALID_TAG_FILTERS=known)
    return _every_tag(backend, filters)


TagBackend.describe_tags = _describe_tags


def main() -> None:
    """Serve on a free loopback port and print it."""
    server = make_server("127.0.0.1", 0, Cloud(), threaded=True)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
