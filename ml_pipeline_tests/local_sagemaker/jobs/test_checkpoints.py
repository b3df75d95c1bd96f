import json
from typing import Any

import pytest

from local_sagemaker.kinds import TRAINING
from ml_pipeline_tests.local_sagemaker.jobs.sandbox import (
    BUCKET,
    IMAGE,
    WAIT_FOR_GO,
    Sandbox,
    reason,
)

PATH = "/opt/ml/checkpoints"
URI = f"s3://{BUCKET}/ckpt"
CLUSTER = {"InstanceCount": 2, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 1}
LIST = f"import os\nprint(sorted(os.listdir('{PATH}')))\n"

pytestmark = pytest.mark.usefixtures("quick")


def with_checkpoints(**members: Any) -> dict[str, Any]:
    """Members of a training job that runs a script by an entrypoint of its own: it starts fast."""
    return {"CheckpointConfig": {"S3Uri": URI, **members}}


def train(sandbox: Sandbox, script: str, **members: Any) -> Any:
    return sandbox.training("job", {"train.py": "pass"}, **{**plain(script), **members})


def plain(script: str) -> dict[str, Any]:
    specification = {
        "TrainingImage": IMAGE,
        "TrainingInputMode": "File",
        "ContainerEntrypoint": ["python3", "-uc"],
        "ContainerArguments": [script],
    }
    return {"AlgorithmSpecification": specification, **with_checkpoints()}


def test_a_job_begins_with_the_checkpoints_of_before(sandbox: Sandbox) -> None:
    sandbox.put("ckpt/epoch-1", "one")
    sandbox.put("ckpt/sub/epoch-2", "two")
    sandbox.put("ckpt2/of-another-job", "no")
    script = LIST + f"print(open('{PATH}/sub/epoch-2').read())"
    script += "\nprint(open('/opt/ml/input/config/checkpointconfig.json').read())"
    job = sandbox.run(train(sandbox, script))
    names, two, config = sandbox.log(job)
    assert (names, two) == ("['epoch-1', 'sub']", "two")
    assert json.loads(config) == {"LocalPath": PATH, "S3Uri": URI}
    assert job.status == "Completed"


def test_what_was_restored_is_not_uploaded_again(sandbox: Sandbox) -> None:
    sandbox.put("ckpt/epoch-1", "one")
    before = sandbox.objects.head(BUCKET, "ckpt/epoch-1").last_modified
    sandbox.run(train(sandbox, LIST + f"open('{PATH}/epoch-2', 'w').write('two')"))
    assert sandbox.objects.head(BUCKET, "ckpt/epoch-1").last_modified == before
    assert sandbox.keys("ckpt/") == ["ckpt/epoch-1", "ckpt/epoch-2"]


def test_checkpoints_come_and_go_while_the_job_runs(sandbox: Sandbox) -> None:
    sandbox.put("ckpt/epoch-1", "one")
    sandbox.put("ckpt2/epoch-1", "one")
    script = (
        WAIT_FOR_GO
        + f"""
open("{PATH}/epoch-2", "w").write("two")
wait_for("go")
os.unlink("{PATH}/epoch-1")
wait_for("end")
os.unlink("{PATH}/epoch-2")
open("{PATH}/epoch-3", "w").write("three")
raise SystemExit(1)
"""
    )
    job = train(sandbox, script)
    process = sandbox.start(job)
    sandbox.wait_for(lambda: sandbox.keys("ckpt/") == ["ckpt/epoch-1", "ckpt/epoch-2"])
    sandbox.put("ckpt/of-someone-else", "")
    go(sandbox, "go")
    sandbox.wait_for(lambda: sandbox.keys("ckpt/") == ["ckpt/epoch-2", "ckpt/of-someone-else"])
    go(sandbox, "end")
    process.wait(60)
    assert sandbox.get(job).status == "Failed"
    assert sandbox.keys("ckpt/") == ["ckpt/epoch-3", "ckpt/of-someone-else"]
    assert sandbox.keys("ckpt2/") == ["ckpt2/epoch-1"]


@pytest.mark.parametrize("change", ["shutil.rmtree", "os.rename"])
def test_a_directory_that_is_gone_takes_no_checkpoint_with_it(
    sandbox: Sandbox, change: str
) -> None:
    sandbox.put("ckpt/epoch-1", "one")
    script = f"import os, shutil\nto = ['/opt/ml/away'] if {change!r} == 'os.rename' else []\n"
    job = sandbox.run(train(sandbox, script + f"{change}('{PATH}', *to)"))
    assert job.status == "Completed", reason(job)
    assert sandbox.keys("ckpt/") == ["ckpt/epoch-1"]


def test_all_hosts_have_all_checkpoints(sandbox: Sandbox) -> None:
    sandbox.put("ckpt/common", "c")
    script = (
        WAIT_FOR_GO
        + f"""
import socket
print(sorted(os.listdir("{PATH}")))
open("{PATH}/" + socket.gethostname(), "w").write("x")
if socket.gethostname() == "algo-2": os.unlink("{PATH}/common")
wait_for("go")
os.path.exists("{PATH}/common") and os.unlink("{PATH}/common")
"""
    )
    job = train(sandbox, script, ResourceConfig=CLUSTER)
    process = sandbox.start(job)
    sandbox.wait_for(lambda: {"ckpt/algo-1", "ckpt/algo-2"} <= set(sandbox.keys("ckpt/")))
    assert "ckpt/common" in sandbox.keys("ckpt/")
    go(sandbox, "go", "algo-1")
    go(sandbox, "go", "algo-2")
    process.wait(60)
    assert sandbox.get(job).status == "Completed"
    assert sandbox.log(job) == ["['common']"] * 2
    assert sandbox.keys("ckpt/") == ["ckpt/algo-1", "ckpt/algo-2"]


def test_a_path_and_a_prefix_of_ones_own(sandbox: Sandbox) -> None:
    config = {"S3Uri": f"s3://{BUCKET}/", "LocalPath": "/opt/ml/mine/here"}
    script = "open('/opt/ml/mine/here/epoch-1', 'w').write('one')"
    job = sandbox.run(train(sandbox, script, CheckpointConfig=config))
    assert job.status == "Completed", reason(job)
    assert "epoch-1" in sandbox.keys("")


def test_a_bucket_that_is_not_there(sandbox: Sandbox) -> None:
    job = sandbox.run(train(sandbox, "", CheckpointConfig={"S3Uri": "s3://no-such-bucket/a"}))
    assert reason(job).startswith("ClientError: CheckpointConfig.S3Uri: the bucket of s3://no-such")


def test_a_bucket_that_went_away_meanwhile(sandbox: Sandbox) -> None:
    sandbox.objects.create_bucket("going")
    script = WAIT_FOR_GO + f"wait_for('go')\nopen('{PATH}/epoch-1', 'w').write('one')\n"
    script += "open('/opt/ml/model/m', 'w').write('1')"
    job = train(sandbox, script, CheckpointConfig={"S3Uri": "s3://going/a"})
    process = sandbox.start(job)
    sandbox.wait_for(lambda: hosts(sandbox).exists())
    sandbox.wait_for(lambda: sandbox.get(job).state.get("SecondaryStatus") == "Training")
    sandbox.objects.delete_bucket("going")
    go(sandbox, "go")
    process.wait(60)
    job = sandbox.get(job)
    assert reason(job).startswith("ClientError: CheckpointConfig.S3Uri: upload to s3://going/a/")
    assert sandbox.keys("models/") == ["models/job/output/model.tar.gz"]


def test_a_fault_of_the_service_leaves_the_checkpoints(sandbox: Sandbox) -> None:
    # Logs cannot be written where there is a file.
    sandbox.home.logs.rmdir()
    sandbox.home.logs.write_text("")
    sandbox.environment["ML_PIPELINE_LOCAL_SYNC_SECONDS"] = "1000"
    job = sandbox.run(train(sandbox, f"open('{PATH}/epoch-1', 'w').write('1')\nprint('hello')"))
    assert reason(job).startswith("InternalServerError: ")
    assert sandbox.keys("ckpt/") == ["ckpt/epoch-1"]


def hosts(sandbox: Sandbox) -> Any:
    return sandbox.home.job_directory(TRAINING, "job") / "hosts"


def go(sandbox: Sandbox, name: str, host: str = "algo-1") -> None:
    (hosts(sandbox) / host / "ml" / name).touch()
