"""How infra tests ask a Prometheus on its own node, whatever it listens on and asks for."""

from __future__ import annotations

CLIENT = r"""
import base64, json, os, re, urllib.error, urllib.request
CONFIG = "/etc/prometheus/prometheus.yml"
DROP_IN = "/etc/systemd/system/prometheus.service.d/mesosdeploy.conf"
def read(path):
    return open(path).read() if os.path.exists(path) else ""
unit, settings = read(DROP_IN), read(CONFIG)
def argument(name):
    found = re.search("--" + name + r"=(\S+)", unit)
    return found.group(1) if found else ""
# The password that Prometheus gives to the targets of a job, itself among them.
def secret_of(job):
    part = settings.partition(f"job_name: {job}\n")[2].partition("job_name:")[0]
    found = re.search(r"basic_auth: .username: (\S+), password: (.+).$", part, re.MULTILINE)
    return ":".join(map(json.loads, found.groups())) if found else ""
address = (argument("web.listen-address") or "127.0.0.1:9090").replace("0.0.0.0", "127.0.0.1")
secret = secret_of("prometheus")
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
def get(path, credentials=""):
    return fetch(f"http://{address}{path}", credentials)
def ask(path):
    status, body = get("/api/v1/" + path, secret)
    return json.loads(body)["data"] if status == 200 else {}
"""
"""The beginning of a program for the node (`infra.look`): it reads address and password as root.

`get(path, credentials)` answers status and text, `ask(path)` the data of Prometheus' HTTP API (an
empty dict when it is refused), `secret_of(job)` the credentials of a job.
"""
