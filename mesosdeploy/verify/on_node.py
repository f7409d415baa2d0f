"""The beginnings of programs that infra tests run on a node (`infra.look`): what all of them need.

They are text, because a node has nothing of this package; Python 3.9 and its library suffice.
"""

from __future__ import annotations

EVERYTHING = r"""
import base64, glob, json, os, re, subprocess, time, urllib.error, urllib.parse, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
def fetch(url, credentials=""):
    request = urllib.request.Request(url)
    if credentials:
        token = base64.b64encode(credentials.encode()).decode()
        request.add_header("Authorization", "Basic " + token)
    try:
        with opener.open(request, timeout=10) as answer:
            return answer.status, answer.read(8000000).decode()
    except urllib.error.HTTPError as error:
        return error.code, ""
    except OSError as error:
        return 0, str(error)
def run(*argv):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout
def state_of(unit, *more):
    keys = ",".join(("ActiveState", "UnitFileState", "Restart", *more))
    shown = run("systemctl", "show", unit, "--property", keys)[1]
    return dict(line.split("=", 1) for line in shown.splitlines())
def read(path):
    return open(path).read() if os.path.exists(path) else ""
"""
"""`fetch(url, credentials)` answers status and text (0 and the reason when nobody answers), `run`
an exit code and what was printed, `state_of` properties of a unit, `read` the text of a file or
nothing."""


def program_of_debian(unit: str, address: str) -> str:
    """Return the beginning for a program of Debian's that a role gave a drop-in.

    `unit` names its unit, `address` (host:port) where it listens unless the drop-in says so. Added
    are `argument(name)`, a value of its command line, `address`, and `get(path, credentials)`.
    """
    return (
        EVERYTHING
        + f"""
unit = {unit!r}
command = read(f"/etc/systemd/system/{{unit}}.service.d/mesosdeploy.conf")
def argument(name):
    found = re.search("--" + name + r"=(\\S+)", command)
    return found.group(1) if found else ""
address = argument("web.listen-address") or {address!r}
address = re.sub("^(0[.]0[.]0[.]0)?:", "127.0.0.1:", address)
def get(path, credentials=""):
    return fetch(f"http://{{address}}{{path}}", credentials)
"""
    )
