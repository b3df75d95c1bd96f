import json
from pathlib import Path
from typing import Any

import pytest

from local_sagemaker.kinds import PROCESSING
from ml_pipeline_tests.local_sagemaker.jobs.sandbox import BUCKET, CODE, ENDPOINT, Sandbox, reason

OUT = "/opt/ml/processing/out"


def test_inputs_outputs_and_hard_coded_paths(sandbox: Sandbox) -> None:
    sandbox.put("raw/a.csv", "1,2")
    script = f"""
from pathlib import Path
text = Path("/opt/ml/processing/raw/a.csv").read_text()
Path("{OUT}/sub").mkdir()
Path("{OUT}/sub/b.csv").write_text(text + ",3")
Path("{OUT}/empty").mkdir()
Path("{OUT}/link").symlink_to("/etc/passwd")
Path("/opt/ml/output/message").write_text("wohl getan: \u00e4")
"""
    raw = sandbox.input("raw", "raw/", "/opt/ml/processing/raw")
    job = sandbox.process(
        "job", script, ProcessingInputs=[raw], ProcessingOutputConfig=sandbox.outputs(out=OUT)
    )
    assert job.status == "Completed", sandbox.log(job)
    assert sandbox.keys("out/") == ["out/out/sub/b.csv"]
    assert sandbox.objects.read_bytes(BUCKET, "out/out/sub/b.csv") == b"1,2,3"
    assert job.state["ExitMessage"] == "wohl getan: \u00e4"
    assert "FailureReason" not in job.state
    assert job.created <= job.state["ProcessingStartTime"] <= job.state["ProcessingEndTime"]
    left = sandbox.home.job_directory(PROCESSING, "job")
    assert [path.name for path in left.iterdir()] == ["request.json"]


def test_what_is_app_managed_is_the_scripts_affair(sandbox: Sandbox) -> None:
    """Also where there is nothing, and nowhere to put it."""
    sandbox.put("raw/a.csv", "1,2")
    raw = sandbox.input("raw", "raw/", "/opt/ml/processing/raw") | {"AppManaged": True}
    none = {"InputName": "none", "AppManaged": True}
    outputs = sandbox.outputs(out=OUT)
    outputs["Outputs"][0]["AppManaged"] = True
    script = f"""
import os
print(os.path.exists("/opt/ml/processing/raw"), os.path.exists("{OUT}"))
os.makedirs("{OUT}")
open("{OUT}/a", "w").close()
"""
    job = sandbox.process(
        "job", script, ProcessingInputs=[raw, none], ProcessingOutputConfig=outputs
    )
    assert job.status == "Completed", (sandbox.log(job), reason(job))
    assert sandbox.log(job) == ["False False"]
    assert sandbox.keys("out/") == []


def test_the_configuration_files(sandbox: Sandbox) -> None:
    script = """
print(open("/opt/ml/config/processingjobconfig.json").read())
print(open("/opt/ml/config/resourceconfig.json").read())
"""
    job = sandbox.process("job", script)
    config, resources = (json.loads(line) for line in sandbox.log(job))
    assert config["ProcessingJobArn"] == job.arn
    assert config["AppSpecification"]["ContainerArguments"] is None
    assert config["ProcessingInputs"][0]["S3Input"] == {
        "LocalPath": "/opt/ml/processing/input/code",
        "S3Uri": "s3://bucket/code/job/",
        "S3DataDistributionType": "FullyReplicated",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
        "S3CompressionType": "None",
        "S3DownloadMode": "StartOfJob",
    }
    assert config["ProcessingOutputConfig"] == {"Outputs": [], "KmsKeyId": None}
    assert config["StoppingCondition"] == {"MaxRuntimeInSeconds": 86400}
    assert resources["current_host"] == "algo-1"
    assert resources["hosts"] == ["algo-1"]
    assert resources["current_instance_type"] == "ml.m5.xlarge"


def test_a_container_learns_which_of_several_types_it_has(sandbox: Sandbox) -> None:
    preferences = [
        {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1},
        {"InstanceType": "ml.m5.2xlarge", "InstanceCount": 2},
    ]
    cluster = {
        "InstancePreferences": preferences,
        "SelectedInstanceType": "ml.m5.2xlarge",
        "SelectedInstanceCount": 2,
        "VolumeSizeInGB": 30,
    }
    script = """
print(open("/opt/ml/config/processingjobconfig.json").read())
print(open("/opt/ml/config/resourceconfig.json").read())
"""
    job = sandbox.process("job", script, ProcessingResources={"ClusterConfig": cluster})
    config, resources = (json.loads(line) for line in sandbox.log(job)[:2])
    assert config["ProcessingResources"]["ClusterConfig"] == {
        "InstanceCount": 2,
        "InstanceType": "ml.m5.2xlarge",
        "VolumeSizeInGB": 30,
        "VolumeKmsKeyId": None,
    }
    assert resources["current_instance_type"] == "ml.m5.2xlarge"
    assert resources["hosts"] == ["algo-1", "algo-2"]


def test_arguments_follow_the_entrypoint(sandbox: Sandbox) -> None:
    app = {
        "ImageUri": "test-image:1",
        "ContainerEntrypoint": ["/bin/sh", "-c", 'echo "$0 $1"'],
        "ContainerArguments": ["a b", "c"],
    }
    job = sandbox.process("job", "", AppSpecification=app)
    assert sandbox.log(job) == ["a b c"]


def test_the_images_own_command(sandbox: Sandbox) -> None:
    image = {"python": sandbox.python, "entrypoint": ["echo", "own"], "command": ["command"]}
    sandbox.map({"test-image:*": image})
    alone = sandbox.process("alone", "", AppSpecification={"ImageUri": "test-image:1"})
    app = {"ImageUri": "test-image:1", "ContainerArguments": ["given"]}
    told = sandbox.process("told", "", AppSpecification=app)
    assert sandbox.log(alone) == ["own command"]
    assert sandbox.log(told) == ["own given"]


def test_an_image_that_runs_nothing_by_itself(sandbox: Sandbox) -> None:
    job = sandbox.process("job", "", AppSpecification={"ImageUri": "test-image:1"})
    assert job.status == "Failed"
    assert "set AppSpecification.ContainerEntrypoint" in reason(job)


def test_nothing_of_the_users_environment_gets_in(sandbox: Sandbox) -> None:
    sandbox.environment.update(SECRET="s", AWS_PROFILE="production", AWS_SESSION_TOKEN="t")
    requested = {"MINE": "1", "AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL": "https://real"}
    away = {
        "AWS_ENDPOINT_URL_SAGEMAKER": "https://real",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "AWS_PROFILE": "production",
    }
    script = "import json, os; print(json.dumps(dict(os.environ)))"
    job = sandbox.process("job", script, Environment={**requested, **away})
    (line,) = sandbox.log(job)
    found = json.loads(line)
    assert not {"SECRET", "AWS_SESSION_TOKEN", "OLDPWD", "VIRTUAL_ENV", *away} & set(found)
    assert found["MINE"] == "1"
    assert found["AWS_REGION"] == "eu-west-1"
    assert found["AWS_ENDPOINT_URL"] == found["AWS_ENDPOINT_URL_S3"] == ENDPOINT
    assert found["AWS_ACCESS_KEY_ID"] == found["AWS_SECRET_ACCESS_KEY"] == "local"
    assert found["HOME"] != sandbox.environment.get("HOME")


def test_a_non_zero_exit_fails_the_job_and_uploads_nothing(sandbox: Sandbox) -> None:
    script = f"""
import sys
open("{OUT}/half", "w").write("x")
open("/opt/ml/output/message", "w").write("why")
sys.exit(3)
"""
    job = sandbox.process("job", script, ProcessingOutputConfig=sandbox.outputs(out=OUT))
    assert job.status == "Failed"
    assert reason(job) == "AlgorithmError: , exit code: 3"
    assert job.state["ExitMessage"] == "why"
    assert sandbox.keys("out/") == []


def test_a_traceback_is_in_the_log(sandbox: Sandbox) -> None:
    job = sandbox.process("job", "print('first'); 1 / 0")
    assert sandbox.log(job)[0] == "first"
    assert sandbox.log(job)[-1] == "ZeroDivisionError: division by zero"


def test_a_program_that_is_not_there(sandbox: Sandbox) -> None:
    app = {"ImageUri": "test-image:1", "ContainerEntrypoint": ["no-such-program"]}
    job = sandbox.process("job", "", AppSpecification=app)
    assert reason(job) == "AlgorithmError: , exit code: 127"
    assert "no-such-program" in sandbox.log(job)[0]


@pytest.mark.parametrize("entrypoint", [[""], ["echo", "a\0b"]])
def test_a_program_that_can_be_none(sandbox: Sandbox, entrypoint: list[str]) -> None:
    app = {"ImageUri": "test-image:1", "ContainerEntrypoint": entrypoint}
    job = sandbox.process("job", "", AppSpecification=app)
    assert reason(job) == "AlgorithmError: , exit code: 127"
    [line] = sandbox.log(job)
    assert line.startswith("exec: ")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("b'x' * 5000", "x" * 1024),
        ("b'x' * 1023 + 'é'.encode() * 9", "x" * 1023),
        ("b''", None),
    ],
)
def test_the_exit_message_is_cut(sandbox: Sandbox, content: str, message: str | None) -> None:
    job = sandbox.process("job", f"open('/opt/ml/output/message', 'wb').write({content})")
    assert job.state.get("ExitMessage") == message


def test_an_exit_message_that_is_not_text(sandbox: Sandbox) -> None:
    job = sandbox.process("job", r"open('/opt/ml/output/message', 'wb').write(b'\xff')")
    assert job.status == "Failed"
    assert reason(job) == "ClientError: /opt/ml/output/message is not valid UTF-8"
    assert "ExitMessage" not in job.state


def test_an_exit_message_that_would_block_or_lead_out(sandbox: Sandbox) -> None:
    assert (
        sandbox.process("a", "import os; os.mkfifo('/opt/ml/output/message')").status == "Completed"
    )
    link = sandbox.process("b", "import os; os.symlink('/etc/passwd', '/opt/ml/output/message')")
    assert link.status == "Completed"
    assert "ExitMessage" not in link.state
    folder = sandbox.process("c", "import os; os.mkdir('/opt/ml/output/message')")
    assert folder.status == "Completed"
    assert "ExitMessage" not in folder.state


def test_a_file_name_that_no_key_can_be(sandbox: Sandbox) -> None:
    script = f"open(b'{OUT}/\\xff', 'w')"
    job = sandbox.process("job", script, ProcessingOutputConfig=sandbox.outputs(out=OUT))
    assert reason(job).startswith('ClientError: S3Uri of the output "out": upload to s3://')
    assert reason(job).encode()  # which Describe has to answer with


def test_a_local_path_that_can_be_none(sandbox: Sandbox) -> None:
    outputs = sandbox.outputs(out="/opt/ml/processing/a\0b")
    job = sandbox.process("job", "", ProcessingOutputConfig=outputs)
    assert reason(job).startswith("ClientError: LocalPath ")


@pytest.mark.parametrize("linked", ["processing", "processing/out"])
def test_an_output_that_became_a_link_does_not_lead_out(
    sandbox: Sandbox, tmp_path: Path, linked: str
) -> None:
    for secret in (tmp_path / "host" / "out" / "secret", tmp_path / "host" / "secret"):
        secret.parent.mkdir(parents=True, exist_ok=True)
        secret.touch()
    script = f"""
import os, shutil
shutil.rmtree("/opt/ml/{linked}")
os.symlink({str(tmp_path / "host")!r}, "/opt/ml/{linked}")
"""
    outputs = sandbox.outputs(out="/opt/ml/processing/out")
    sandbox.process("job", script, ProcessingOutputConfig=outputs)
    assert sandbox.keys("out/") == []


def test_a_local_path_that_another_input_has_as_a_file(sandbox: Sandbox) -> None:
    sandbox.put("data/a", "x")
    inputs = [sandbox.input("clash", "data/", f"{CODE}/script.py")]
    job = sandbox.process("job", "", ProcessingInputs=inputs)
    assert reason(job).startswith("ClientError: LocalPath")
    assert 'of input "clash" cannot be a directory' in reason(job)


def test_garbage_in_the_output(sandbox: Sandbox) -> None:
    script = r"""
import sys
out = sys.stdout.buffer
out.write(b"\xff\xfe\x00 bytes\n" + b"\r1%\r2%\n" + b"y" * 600_000 + b"\n" + b"unfinished")
"""
    lines = sandbox.log(sandbox.process("job", script))
    assert lines[0] == "\ufffd\ufffd\x00 bytes"
    assert lines[1:3] == ["1%", "2%"]
    assert "".join(lines[3:-1]) == "y" * 600_000
    assert lines[-1] == "unfinished"


def test_many_lines_all_arrive_before_the_end(sandbox: Sandbox) -> None:
    job = sandbox.process("job", "import sys\nfor i in range(20000): print(i)\nsys.exit(1)")
    assert sandbox.log(job) == [str(number) for number in range(20000)]


def test_a_child_that_keeps_the_output_open_does_not_hang_the_job(sandbox: Sandbox) -> None:
    script = "import subprocess; subprocess.Popen(['sleep', '600'], start_new_session=True)"
    assert sandbox.process("job", script).status == "Completed"


def test_an_input_that_is_not_there(sandbox: Sandbox) -> None:
    raw = sandbox.input("raw", "no/such/", "/opt/ml/processing/raw")
    job = sandbox.process("job", "", ProcessingInputs=[raw])
    assert job.status == "Failed"
    assert 'No S3 objects found under S3 URL "s3://bucket/no/such/"' in reason(job)
    assert job.state["ProcessingEndTime"] >= job.state["ProcessingStartTime"]


def test_an_output_bucket_that_is_not_there_fails_before_the_script_runs(sandbox: Sandbox) -> None:
    outputs = sandbox.outputs(out=OUT)
    outputs["Outputs"][0]["S3Output"]["S3Uri"] = "s3://no-such-bucket/x"
    job = sandbox.process("job", "print('ran')", ProcessingOutputConfig=outputs)
    assert job.status == "Failed"
    assert 'ClientError: S3Uri of the output "out"' in reason(job)
    assert sandbox.log(job) == []


def test_an_output_bucket_that_goes_away_meanwhile(sandbox: Sandbox) -> None:
    sandbox.objects.create_bucket("short-lived")
    outputs = sandbox.outputs(out=OUT)
    outputs["Outputs"][0]["S3Output"]["S3Uri"] = "s3://short-lived/x"
    script = f"print('runs', flush=True); open('{OUT}/a', 'w').write('x'); input() if 0 else None"
    script += (
        "\nimport time\nwhile not __import__('os').path.exists('/opt/ml/go'): time.sleep(0.02)"
    )
    job = sandbox.processing("job", script, ProcessingOutputConfig=outputs)
    process = sandbox.start(job)
    sandbox.wait_for_line(job, "runs")
    sandbox.objects.delete_bucket("short-lived")
    hosts = sandbox.home.job_directory(PROCESSING, "job") / "hosts"
    (hosts / "algo-1" / "ml" / "go").touch()
    process.wait(60)
    job = sandbox.get(job)
    assert job.status == "Failed"
    assert "upload to s3://short-lived/x/a failed: NoSuchBucket" in reason(job)


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"S3CompressionType": "Gzip"}, "S3CompressionType must be None"),
        ({"LocalPath": "/elsewhere"}, "must lie below /opt/ml"),
        ({"LocalPath": "/opt/ml/processing/../../../x"}, "must lie below /opt/ml"),
        ({"S3Uri": "https://bucket/x"}, "must look like s3://bucket/prefix"),
    ],
)
def test_inputs_that_are_not_offered(sandbox: Sandbox, members: dict[str, Any], text: str) -> None:
    sandbox.put("raw/a")
    raw = sandbox.input("raw", "raw/", "/opt/ml/processing/raw")
    raw["S3Input"].update(members)
    job = sandbox.process("job", "", ProcessingInputs=[raw])
    assert job.status == "Failed"
    assert reason(job).startswith("ClientError: ")
    assert text in reason(job)


def test_an_image_nothing_stands_in_for(sandbox: Sandbox) -> None:
    job = sandbox.process("job", "", AppSpecification={"ImageUri": "somebody/else:2"})
    assert job.status == "Failed"
    assert "ClientError: nothing on this machine stands in for the image somebody/else:2" in reason(
        job
    )
    assert str(sandbox.home.root / "runtimes.json") in reason(job)


def test_a_job_that_has_ended_is_not_run_again(sandbox: Sandbox) -> None:
    job = sandbox.process("job", "print('once')")
    again = sandbox.run(job)
    assert again.state == job.state
    assert sandbox.log(job) == ["once"]


def test_an_error_nobody_thought_of_does_not_leave_the_job_in_progress(sandbox: Sandbox) -> None:
    job = sandbox.processing("job", "")
    blocked = sandbox.home.job_directory(PROCESSING, "job")
    blocked.mkdir(parents=True)
    (blocked / "request.json").mkdir()
    sandbox.run(job)
    assert sandbox.get(job).status == "Failed"
    assert reason(sandbox.get(job)).startswith("InternalServerError: IsADirectoryError")
    assert str(sandbox.home.supervisor_log(PROCESSING, "job")) in reason(sandbox.get(job))
