"""Jobs of several instances: each is a host of its own, and they live and die together."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from local_sagemaker.jobs.containers import addresses, namespaces
from local_sagemaker.jobs.containers.addresses import host_addresses
from local_sagemaker.log_files import LogFiles
from local_sagemaker.records.store import Job
from ml_pipeline_tests.local_sagemaker.jobs.sandbox import BUCKET, Sandbox, members, reason

several = pytest.mark.skipif(
    namespaces.unavailable() is not None, reason=f"no namespaces: {namespaces.unavailable()}"
)
OUT = "/opt/ml/processing/out"
GROUP = "/aws/sagemaker/ProcessingJobs"
# All that the SageMaker training toolkit gives to a script, whatever its channels.
VARIABLES = {
    "SM_CHANNELS",
    "SM_CURRENT_HOST",
    "SM_CURRENT_INSTANCE_GROUP",
    "SM_CURRENT_INSTANCE_GROUP_HOSTS",
    "SM_CURRENT_INSTANCE_TYPE",
    "SM_DISTRIBUTION_INSTANCE_GROUPS",
    "SM_FRAMEWORK_MODULE",
    "SM_FRAMEWORK_PARAMS",
    "SM_HOSTS",
    "SM_HPS",
    "SM_INPUT_CONFIG_DIR",
    "SM_INPUT_DATA_CONFIG",
    "SM_INPUT_DIR",
    "SM_INSTANCE_GROUPS",
    "SM_INSTANCE_GROUPS_DICT",
    "SM_IS_HETERO",
    "SM_LOG_LEVEL",
    "SM_MODEL_DIR",
    "SM_MODULE_DIR",
    "SM_MODULE_NAME",
    "SM_NETWORK_INTERFACE_NAME",
    "SM_NUM_CPUS",
    "SM_NUM_GPUS",
    "SM_NUM_NEURONS",
    "SM_OUTPUT_DATA_DIR",
    "SM_OUTPUT_DIR",
    "SM_OUTPUT_INTERMEDIATE_DIR",
    "SM_RESOURCE_CONFIG",
    "SM_TOPOLOGY",
    "SM_TRAINING_ENV",
    "SM_USER_ARGS",
    "SM_USER_ENTRY_POINT",
    "SM_INPUT",
    "SM_INPUT_TRAINING_CONFIG_FILE",
    "SM_INPUT_DATA_CONFIG_FILE",
    "SM_CHECKPOINT_CONFIG_FILE",
}


def cluster(count: int) -> dict[str, Any]:
    return {
        "ClusterConfig": {
            "InstanceCount": count,
            "InstanceType": "ml.m5.xlarge",
            "VolumeSizeInGB": 30,
        }
    }


def resources(count: int) -> dict[str, Any]:
    return {"InstanceCount": count, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 30}


def streams(sandbox: Sandbox, job: Job, group: str = GROUP) -> dict[str, list[str]]:
    """The log lines of each host."""
    files = LogFiles(sandbox.home.logs)
    found = {}
    for stream in files.streams(group, f"{job.name}/"):
        match = re.fullmatch(rf"{job.name}/(algo-\d+)-\d+", stream.name)
        assert match
        found[match[1]] = [event.message for event in files.read(group, stream.name)]
    return found


@several
def test_every_host_has_its_own_name_address_and_log(sandbox: Sandbox) -> None:
    script = """
import json, socket
resources = json.load(open("/opt/ml/config/resourceconfig.json"))
own = socket.gethostname()
# All listen at one port, each at its own name.
server = socket.create_server((own, 23456))
for name in resources["hosts"]:
    while True:
        try:
            client = socket.create_connection((name, 23456), timeout=60)
            break
        except ConnectionRefusedError:
            pass
    client.sendall(own.encode())
    client.close()
callers = []
for _ in resources["hosts"]:
    connection, _ = server.accept()
    callers.append(connection.recv(100).decode())
print(json.dumps([own, socket.gethostbyname(own), sorted(callers), resources]))
"""
    job = sandbox.process("job", script, ProcessingResources=cluster(3))
    assert job.status == "Completed", (sandbox.log(job), reason(job))
    names = ["algo-1", "algo-2", "algo-3"]
    logs = streams(sandbox, job)
    assert sorted(logs) == names
    found = {host: json.loads(lines[0]) for host, lines in logs.items()}
    assert [found[name][0] for name in names] == names
    assert len({found[name][1] for name in names}) == 3
    assert [found[name][2] for name in names] == [names] * 3
    for name in names:
        config = found[name][3]
        assert config["current_host"] == name
        assert config["hosts"] == names
        (group,) = config["instance_groups"]
        assert group["hosts"] == names


def test_addresses_are_each_hosts_own_and_stay() -> None:
    hosts = [f"algo-{number}" for number in range(1, 101)]
    one, two = (host_addresses(name, hosts) for name in ("/home/one", "/home/two"))
    assert one == host_addresses("/home/one", hosts)
    assert list(one) == hosts
    if set(one.values()) == {"127.0.0.1"}:
        pytest.skip("the loopback interface has one address only")
    assert len({*one.values(), *two.values()}) == 200
    assert all(address.startswith("127.") for address in one.values())


@several
def test_a_sharded_input_and_one_output_of_all(sandbox: Sandbox) -> None:
    for name in "abcde":
        sandbox.put(f"raw/{name}", name)
    sandbox.put("one/only", "x")
    script = f"""
import json, os, socket
host = socket.gethostname()
found = {{name: sorted(os.listdir("/opt/ml/processing/" + name)) for name in ("raw", "one", "all")}}
open("{OUT}/" + host, "w").write(json.dumps(found))
open("{OUT}/same", "w").write(host)
open("/opt/ml/output/message", "w").write(host + " ")
"""
    inputs = [
        sandbox.input(name, f"{prefix}/", f"/opt/ml/processing/{name}")
        for name, prefix in (("raw", "raw"), ("one", "one"), ("all", "raw"))
    ]
    for one in inputs[:2]:
        one["S3Input"]["S3DataDistributionType"] = "ShardedByS3Key"
    job = sandbox.process(
        "job",
        script,
        ProcessingResources=cluster(2),
        ProcessingInputs=inputs,
        ProcessingOutputConfig=sandbox.outputs(out=OUT),
    )
    assert job.status == "Completed", (sandbox.log(job), reason(job))
    assert sandbox.keys("out/") == ["out/out/algo-1", "out/out/algo-2", "out/out/same"]
    first, second = (
        json.loads(sandbox.objects.read_bytes(BUCKET, f"out/out/algo-{number}"))
        for number in (1, 2)
    )
    assert first == {"raw": ["a", "c", "e"], "one": ["only"], "all": list("abcde")}
    assert second == {"raw": ["b", "d"], "one": [], "all": list("abcde")}
    assert sandbox.objects.read_bytes(BUCKET, "out/out/same") == b"algo-2"
    (line,) = sandbox.log(job)
    assert "s3://bucket/out/out" in line
    assert line.endswith("the last one's are kept: same")
    assert job.state["ExitMessage"] == "algo-1 algo-2 "


@several
def test_a_host_that_fails_ends_the_others_in_peace_and_gives_the_reason(sandbox: Sandbox) -> None:
    script = """
import signal, socket, sys, time
if socket.gethostname() == "algo-2":
    open("/opt/ml/output/failure", "w").write("lost algo-1's trust")
    socket.create_connection  # nothing to wait for: algo-1 says when
    server = socket.create_server(("algo-2", 23457))
    server.accept()
    sys.exit(7)
def leave(*_):
    open("/opt/ml/model/left", "w").close()
    sys.exit(9)
signal.signal(signal.SIGTERM, leave)
while True:
    try:
        socket.create_connection(("algo-2", 23457), timeout=60).close()
        break
    except ConnectionRefusedError:
        pass
time.sleep(600)
"""
    sandbox.environment["ML_PIPELINE_LOCAL_STOP_GRACE_SECONDS"] = "60"
    sandbox.put("code/direct/run.py", script)
    specification = {
        "TrainingImage": "test-image:1",
        "TrainingInputMode": "File",
        "ContainerEntrypoint": ["python3", "/opt/ml/input/data/code/run.py"],
    }
    job = sandbox.train(
        "job",
        "",
        AlgorithmSpecification=specification,
        InputDataConfig=[sandbox.channel("code", "code/direct/")],
        ResourceConfig=resources(2),
    )
    assert job.status == "Failed"
    assert reason(job) == "AlgorithmError: lost algo-1's trust, exit code: 7", sandbox.log(job)
    model = sandbox.objects.read_bytes(BUCKET, "models/job/output/model.tar.gz")
    assert members(model) == {"left": b""}


@several
def test_a_host_that_fails_ends_those_that_do_not_listen(sandbox: Sandbox) -> None:
    script = """
import socket, time
if socket.gethostname() == "algo-1": raise SystemExit(3)
time.sleep(600)
"""
    sandbox.environment["ML_PIPELINE_LOCAL_STOP_GRACE_SECONDS"] = "600"
    job = sandbox.process("job", script, ProcessingResources=cluster(3))
    assert reason(job) == "AlgorithmError: , exit code: 3"


@several
def test_models_and_outputs_of_all_hosts_become_one(sandbox: Sandbox) -> None:
    script = """
import os, socket
host = socket.gethostname()
for place in ("/opt/ml/model", "/opt/ml/output/data"):
    os.makedirs(f"{place}/shared")
    for name in (host, "shared/" + host, "same"):
        open(f"{place}/{name}", "w").write(host)
# What is a file on one host is a directory on the other.
if host == "algo-1":
    os.makedirs("/opt/ml/model/clash/below")
else:
    open("/opt/ml/model/clash", "w").close()
"""
    job = sandbox.train("job", script, ResourceConfig=resources(2))
    assert job.status == "Completed", (sandbox.log(job), reason(job))
    model, output = (
        members(sandbox.objects.read_bytes(BUCKET, f"models/job/output/{name}.tar.gz"))
        for name in ("model", "output")
    )
    one_each = {
        f"{folder}{host}": host.encode()
        for folder in ("", "shared/")
        for host in ("algo-1", "algo-2")
    }
    assert output == {**one_each, "shared/": b"", "same": b"algo-2"}
    assert model == {**output, "clash": b""}
    assert any(line.endswith("the last one's are kept: clash, same") for line in sandbox.log(job))
    assert job.state["TrainingTimeInSeconds"] == job.state["BillableTimeInSeconds"]


@several
def test_a_stop_ends_every_host(sandbox: Sandbox) -> None:
    script = """
import signal, socket, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(print(socket.gethostname(), "left") or 0))
print(socket.gethostname(), "runs", flush=True)
time.sleep(600)
"""
    job = sandbox.processing("job", script, ProcessingResources=cluster(2))
    process = sandbox.start(job)
    for host in ("algo-1", "algo-2"):
        sandbox.wait_for_line(job, f"{host} runs")
    sandbox.stop(job)
    assert process.wait(60) == 0
    assert sandbox.get(job).status == "Stopped"
    assert {"algo-1 left", "algo-2 left"} <= set(sandbox.log(job))


@several
def test_a_killed_supervisor_takes_every_host_with_it(sandbox: Sandbox) -> None:
    script = "import time; print('runs', flush=True); time.sleep(600)"
    job = sandbox.processing("job", script, ProcessingResources=cluster(2))
    process = sandbox.start(job)
    sandbox.wait_for(lambda: sandbox.log(job).count("runs") == 2)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(children) >= 2
    process.kill()
    process.wait(60)
    sandbox.wait_for(lambda: not any(Path(f"/proc/{child}").exists() for child in children))


@several
def test_instance_groups_and_their_channels(sandbox: Sandbox) -> None:
    for name in "abc":
        sandbox.put(f"in/{name}", name)
    script = """
import json, os
print(json.dumps([
    os.environ["SM_CURRENT_INSTANCE_GROUP"],
    os.environ["SM_CURRENT_INSTANCE_TYPE"],
    json.loads(os.environ["SM_INSTANCE_GROUPS"]),
    json.loads(os.environ["SM_CURRENT_INSTANCE_GROUP_HOSTS"]),
    json.loads(os.environ["SM_CHANNELS"]),
    {
        name: sorted(os.listdir("/opt/ml/input/data/" + name))
        for name in ("all", "some")
        if os.path.exists("/opt/ml/input/data/" + name)
    },
]))
"""
    some = sandbox.channel("some", "in/")
    some["DataSource"]["S3DataSource"] |= {
        "InstanceGroupNames": ["workers"],
        "S3DataDistributionType": "ShardedByS3Key",
    }
    groups = [
        {"InstanceGroupName": "chief", "InstanceType": "ml.m5.large", "InstanceCount": 1},
        {"InstanceGroupName": "workers", "InstanceType": "ml.c5.large", "InstanceCount": 2},
    ]
    job = sandbox.train(
        "job",
        script,
        InputDataConfig=[sandbox.channel("all", "in/"), some],
        ResourceConfig={"InstanceGroups": groups, "VolumeSizeInGB": 30},
    )
    assert job.status == "Completed", (sandbox.log(job), reason(job))
    logs = streams(sandbox, job, "/aws/sagemaker/TrainingJobs")
    one, two, three = (
        next(json.loads(line) for line in logs[host] if line.startswith("["))
        for host in ("algo-1", "algo-2", "algo-3")
    )
    every = ["a", "b", "c"]
    names = ["chief", "workers"]
    workers = ["algo-2", "algo-3"]
    channels = ["all", "some", "source"]
    assert one == ["chief", "ml.m5.large", names, ["algo-1"], ["all", "source"], {"all": every}]
    expected = ["workers", "ml.c5.large", names, workers, channels]
    assert two == [*expected, {"all": every, "some": ["a", "c"]}]
    assert three == [*expected, {"all": every, "some": ["b"]}]


def test_a_channel_for_a_group_that_there_is_not(sandbox: Sandbox) -> None:
    channel = sandbox.channel("some", "in/")
    channel["DataSource"]["S3DataSource"]["InstanceGroupNames"] = ["workers"]
    job = sandbox.train("job", "", InputDataConfig=[channel])
    assert "InstanceGroups has no group 'workers'" in reason(job)


@several
def test_script_mode_on_several_hosts(sandbox: Sandbox) -> None:
    script = """
import json, os
print(json.dumps({name: os.environ[name] for name in os.environ if name.startswith("SM_")}))
"""
    job = sandbox.train("job", script, ResourceConfig=resources(2))
    assert job.status == "Completed", (sandbox.log(job), reason(job))
    logs = streams(sandbox, job, "/aws/sagemaker/TrainingJobs")
    for host in ("algo-1", "algo-2"):
        (line,) = (line for line in logs[host] if line.startswith("{"))
        found = json.loads(line)
        assert json.loads(found["SM_HOSTS"]) == ["algo-1", "algo-2"]
        assert found["SM_CURRENT_HOST"] == host
        assert json.loads(found["SM_CURRENT_INSTANCE_GROUP_HOSTS"]) == ["algo-1", "algo-2"]
        assert json.loads(found["SM_RESOURCE_CONFIG"])["current_host"] == host
        assert set(found) >= VARIABLES


def test_without_namespaces_several_instances_are_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    sandbox.environment["PATH"] = os.pathsep.join([str(nothing), str(Path(sandbox.python).parent)])
    job = sandbox.process("job", "print('ran')", ProcessingResources=cluster(2))
    assert job.status == "Failed"
    assert "2 instances need namespaces of their own" in reason(job)
    assert sandbox.log(job) == []


def test_a_loopback_interface_with_one_address_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "_is_ours", lambda _: False)
    found = host_addresses("/home/one", ["algo-1", "algo-2"])
    assert found == {"algo-1": "127.0.0.1", "algo-2": "127.0.0.1"}
