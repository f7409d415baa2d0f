"""Stands for what is probed: a page on 8000 that wants credentials, one over TLS, a name server.

The name server on 5353 (UDP) knows the address of leader.mesos and nothing else.
"""

import http.server
import socket
import ssl
import threading

CERTIFICATE, KEY = "/etc/ssl/certs/standin.pem", "/etc/ssl/private/standin.key"
QUESTION = b"\x06leader\x05mesos\x00\x00\x01\x00\x01"
KNOWN, UNKNOWN = b"\x85\x80", b"\x85\x83"
# A pointer to the question's name, A, IN, 5 seconds, 4 bytes of address.
ANSWER = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x05\x00\x04\x0a\x00\x00\x01"


class Page(http.server.BaseHTTPRequestHandler):
    """Says that it wants credentials."""

    def do_GET(self):
        """Answer."""
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Keep requests out of the journal."""


def serve(port, context=None):
    """Serve the page on a port, with TLS where a context is given."""
    server = http.server.ThreadingHTTPServer(("", port), Page)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(CERTIFICATE, KEY)
threading.Thread(target=serve, args=(8000,)).start()
threading.Thread(target=serve, args=(8443, context)).start()
names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
names.bind(("", 5353))
while True:
    query, asker = names.recvfrom(512)
    known = query[12:].lower().startswith(QUESTION)
    question = query[12:].partition(b"\x00")[0] + b"\x00" + b"\x00\x01\x00\x01"
    counts = b"\x00\x01" + (b"\x00\x01" if known else b"\x00\x00") + b"\x00\x00\x00\x00"
    head = query[:2] + (KNOWN if known else UNKNOWN) + counts
    names.sendto(head + question + (ANSWER if known else b""), asker)
