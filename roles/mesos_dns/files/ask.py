"""Asks a DNS server for the IPv4 addresses of a name: SERVER PORT NAME; ends with 1 without one."""

import secrets
import socket
import struct
import sys

server, port, name = sys.argv[1:]
CODES = {0: "no address", 2: "SERVFAIL", 3: "NXDOMAIN", 5: "REFUSED"}

# RFC 1035, 4.1: header, then the question (type A, class IN).
labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
number = secrets.randbelow(65536)
question = labels + struct.pack("!BHH", 0, 1, 1)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
    connection.settimeout(2)
    connection.connect((server, int(port)))
    try:
        connection.send(struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + question)
        answer = connection.recv(4096)
    except OSError as error:
        sys.exit(f"{server}:{port}: {error}")

# An answer begins with its name (two bytes: a pointer), type, class, TTL and length.
position, found = 12 + len(question), []
for _ in range(struct.unpack("!H", answer[6:8])[0]):
    kind, _, _, length = struct.unpack("!HHIH", answer[position + 2 : position + 12])
    if kind == 1:
        found.append(socket.inet_ntoa(answer[position + 12 : position + 16]))
    position += 12 + length
if not found:
    code = answer[3] & 0x0F
    sys.exit(f"{name}: {CODES.get(code, code)}")
print(*found)
