"""The EC2 driver signs its requests as AWS' own library would (signature version 4)."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

from mesosdeploy.providers.aws.driver import Ec2Driver

Seen = list[tuple[str, dict[str, str], bytes]]
_SIGNED = re.compile(r"SignedHeaders=([^,]+), Signature=([0-9a-f]{64})")


@pytest.fixture
def place() -> Iterator[tuple[int, Seen]]:
    """Serve empty lists on a free port, and remember what was asked."""
    seen: Seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((self.path, dict(self.headers.items()), body))
            answer = b"<DescribeInstancesResponse/>"
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_words: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port, seen
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("token", [None, "session/token=="], ids=["keys", "session"])
def test_the_signature_is_the_one_of_aws_own_library(
    place: tuple[int, Seen], token: str | None
) -> None:
    port, seen = place
    credentials = ReadOnlyCredentials("AKIATEST", "secret/+=", token)
    driver = Ec2Driver(
        credentials, region="eu-central-2", host="127.0.0.1", port=port, secure=False
    )
    assert driver.list_nodes(ex_filters={"tag:mesosdeploy:cluster": "a b+c/ä"}) == []
    ((path, headers, body),) = seen
    assert path == "/"
    found = _SIGNED.search(headers["Authorization"])
    assert found
    names, signature = found[1].split(";"), found[2]
    assert ("x-amz-security-token" in names) == bool(token)
    given = {name.lower(): value for name, value in headers.items()}
    request: Any = AWSRequest(
        method="POST",
        url=f"http://127.0.0.1:{port}/",
        data=body,
        headers={name: given[name] for name in names},
    )
    request.context["timestamp"] = given["x-amz-date"]
    auth: Any = SigV4Auth(credentials, "ec2", "eu-central-2")
    auth.headers_to_sign = lambda asked: asked.headers
    canonical = auth.canonical_request(request)
    assert signature == auth.signature(auth.string_to_sign(request, canonical), request)
