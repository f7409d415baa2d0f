"""Wait until the masters of a cluster are well; argv: JSON {masters, spare, agents, seconds}.

Well means: all masters answer and name one leader, which has recovered its registry and counts
`agents` active agents. With `spare` (a master about to be stopped, "" for none) a majority must
remain without it. Where metrics ask for credentials, the leader's word is all that is checked.
"""

import json
import sys
import time
import urllib.error
import urllib.request

PORT = 5050


class KeepRedirect(urllib.request.HTTPRedirectHandler):
    """Return a redirect as an answer: its Location names the leader."""

    def redirect_request(self, *_args, **_kwargs):
        """Follow nothing."""


OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), KeepRedirect)


def get(address, path):
    """Return (status, headers, body); status 0 when nothing answers."""
    try:
        with OPENER.open(f"http://{address}:{PORT}{path}", timeout=3) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, b""
    except OSError:
        return 0, {}, b""


def leader_of(address):
    """Return the `host:port` that this master names, "" for no leader, None when it is silent."""
    status, headers, _body = get(address, "/redirect")
    return None if status == 0 else (headers.get("Location") or "").partition("//")[2]


def leaders_problem(address, *, ensemble, agents):
    """Return what the leader's own metrics say against it, or None."""
    status, _headers, body = get(address, "/metrics/snapshot")
    if status in (401, 403):
        return None
    metrics = json.loads(body) if status == 200 else {}
    if metrics.get("master/elected") != 1 or metrics.get("registrar/log/recovered") != 1:
        return f"the leader {address} has not recovered its registry yet"
    size = metrics.get("registrar/log/ensemble_size", 0)
    if size < ensemble:
        return f"the replicated log has {size:.0f} replicas, {ensemble} are wanted"
    active = metrics.get("master/slaves_active", 0)
    if active < agents:
        return f"{active:.0f} of {agents} agents are registered"
    return None


def problem(masters, spare, agents):
    """Return why the masters are not well, or None."""
    known = {address: leader_of(address) for address in masters}
    silent = [address for address, leader in known.items() if leader is None]
    majority = len(masters) // 2 + 1
    left = len([address for address in masters if address not in (*silent, spare)])
    # One or two masters never survive the loss of one: there is nothing to wait for.
    if spare and len(masters) < 3:
        return None
    if silent and (not spare or left < majority):
        return f"no answer from {', '.join(silent)}"
    named = {leader for leader in known.values() if leader is not None}
    if len(named) != 1 or "" in named:
        return f"the masters do not agree on a leader: {known}"
    leader = named.pop().rpartition(":")[0]
    ensemble = min(left + 1, len(masters)) if spare else len(masters)
    return leaders_problem(leader, ensemble=ensemble, agents=agents)


question = json.loads(sys.argv[1])
deadline = time.monotonic() + question["seconds"]
while found := problem(question["masters"], question["spare"], question["agents"]):
    if time.monotonic() > deadline:
        sys.exit(f"Mesos is not well after {question['seconds']} s: {found}")
    time.sleep(0.6)  # below the two requests a second that /metrics/snapshot allows
