"""How infra tests ask a Prometheus on its own node, whatever it listens on and asks for."""

from __future__ import annotations

from mesosdeploy.verify.on_node import program_of_debian

CLIENT = (
    program_of_debian("prometheus", "127.0.0.1:9090")
    + r"""
CONFIG = "/etc/prometheus/prometheus.yml"
settings = read(CONFIG)
# The password that Prometheus gives to the targets of a job, itself among them.
def secret_of(job):
    part = settings.partition(f"job_name: {job}\n")[2].partition("job_name:")[0]
    found = re.search(r"basic_auth: .username: (\S+), password: (.+).$", part, re.MULTILINE)
    return ":".join(map(json.loads, found.groups())) if found else ""
secret = secret_of("prometheus")
def ask(path):
    status, body = get("/api/v1/" + path, secret)
    return json.loads(body)["data"] if status == 200 else {}
"""
)
"""The beginning of a program for the node, with `ask(path)`, the data of Prometheus' HTTP API (an
empty dict when it is refused), and `secret_of(job)`, the credentials of a job."""
