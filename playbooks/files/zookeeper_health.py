"""Wait until a ZooKeeper ensemble is well; argv: JSON {servers, spare, seconds}.

`spare` names a server about to be stopped ("" for none): the ensemble is well when one leader
follows and, without that server, a majority of the servers would still be in sync.
"""

import json
import socket
import sys
import time

CLIENT_PORT = 2181


def ask(address):
    """Return the keys that `mntr` prints; {} when the server does not answer."""
    try:
        with socket.create_connection((address, CLIENT_PORT), timeout=2) as connection:
            connection.sendall(b"mntr")
            text = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    except OSError:
        return {}
    return dict(line.split("\t", 1) for line in text.splitlines() if "\t" in line)


def problem(servers, spare):
    """Return why the ensemble is not well, or None."""
    answers = {address: ask(address) for address in servers}
    states = {
        address: answer.get("zk_server_state", "silent") for address, answer in answers.items()
    }
    if len(servers) == 1:
        return None if states[servers[0]] == "standalone" else f"the server is {states[servers[0]]}"
    leaders = [address for address, state in states.items() if state == "leader"]
    if len(leaders) != 1:
        return f"{len(leaders)} leaders instead of one: {states}"
    if not spare:
        missing = [
            address for address, state in states.items() if state not in ("leader", "follower")
        ]
        return f"not serving: {', '.join(missing)}" if missing else None
    majority = len(servers) // 2 + 1
    in_sync = 1 + int(float(answers[leaders[0]].get("zk_synced_followers", 0)))
    left = in_sync - (states.get(spare) in ("leader", "follower"))
    # Two servers never survive the loss of one: there is nothing to wait for.
    if left < majority and len(servers) > 2:
        return f"without {spare} only {left} of {len(servers)} servers would be in sync: {states}"
    return None


question = json.loads(sys.argv[1])
deadline = time.monotonic() + question["seconds"]
while found := problem(question["servers"], question["spare"]):
    if time.monotonic() > deadline:
        sys.exit(f"ZooKeeper is not well after {question['seconds']} s: {found}")
    time.sleep(0.5)
