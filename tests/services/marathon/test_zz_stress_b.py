"""Ad hoc: the leader is killed again and again while deployments go on."""
from __future__ import annotations
import random, signal, time, json, os
from contextlib import ExitStack
from tests.services.marathon.conftest import *
from tests.services.marathon.conftest import cluster, directories, packages, root
from tests.services.marathon.processes import *

def live(master, fid):
    return {t["id"]: t["state"] for t in mesos_tasks(master, fid) if t["state"] in {"TASK_STAGING","TASK_STARTING","TASK_RUNNING"}}

def test_latency(cluster, directories):
    with Marathon(directories.make("m"), cluster.zookeeper.url, state_path(cluster.zookeeper)) as one:
        with removed_afterwards(Api(one), cluster.master) as api:
            out=[]
            for n in range(8):
                t=time.monotonic(); api.create(f"/lat{n}")
                while not api.tasks(f"/lat{n}"): time.sleep(0.01)
                out.append(round(time.monotonic()-t,2))
            print("POST->RUNNING", sorted(out))
            t=time.monotonic(); api.create("/many", instances=30, cpus=0.01, mem=8); api.wait_running("/many",30,60); print("30 instances", round(time.monotonic()-t,2))
            t=time.monotonic(); api.send("PUT","/v2/apps/many",{"instances":0}); api.wait_running("/many",0); print("30 down", round(time.monotonic()-t,2))

def test_stress(cluster, directories):
    rng = random.Random(int(os.environ.get("SEED","1")))
    path = state_path(cluster.zookeeper)
    with ExitStack() as stack:
        dirs=[directories.make("m") for _ in range(3)]
        s = [stack.enter_context(Marathon(d, cluster.zookeeper.url, path, {"MARATHON_FRAMEWORK_NAME":"stress"})) for d in dirs]
        api = stack.enter_context(removed_afterwards(Api(*s), cluster.master))
        fid = api.get("/v2/info")["frameworkId"]
        api.create("/keep", instances=3); keep = {t["id"] for t in api.wait_running("/keep",3)}
        api.create("/roll", instances=3)
        times=[]
        try:
          for round_ in range(12):
            api.wait_for_leader()
            kind = rng.choice(["env","scale","restart"])
            def change():
                if kind=="env": return request("PUT", f"{api.url}/v2/apps/roll?force=true", json={"env":{"R":str(round_)}})
                if kind=="scale": return request("PUT", f"{api.url}/v2/apps/roll?force=true", json={"instances": rng.randint(1,5)})
                return request("POST", f"{api.url}/v2/apps/roll/restart?force=true")
            a = change(); assert a.status_code==200, a.text
            time.sleep(rng.random()*1.5)
            leader = next(o for o in s if o.leads)
            leader.signal(signal.SIGKILL); t=time.monotonic()
            api.wait_for_leader(); times.append(round(time.monotonic()-t,2))
            leader.start()
            n = len(live(cluster.master, fid)); 
            if rng.random()<0.5:
                api.wait_idle(60)
                want = api.get("/v2/apps/roll")["app"]["instances"]
                deadline=time.monotonic()+20
                while True:
                    l = live(cluster.master, fid)
                    if len(l)==3+want and keep<=set(l): break
                    assert time.monotonic()<deadline, (want, l)
                    time.sleep(.2)
          api.wait_idle(60)
          want = api.get("/v2/apps/roll")["app"]["instances"]
          api.wait("final", lambda: len(live(cluster.master,fid))==3+want)
          assert keep <= set(live(cluster.master,fid))
          print("failovers", times)
        finally:
          for d in dirs: 
            text=(d/"marathon.log").read_text()
            open(f"/work/lab/s3/B/logs/{d.name}.log","w").write(text)
            print(d.name, [l for l in text.splitlines() if "Traceback" in l or "ERROR" in l][:5])
