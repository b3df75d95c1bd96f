import json

from ml_pipeline_tests.local_sagemaker.jobs.sandbox import BUCKET, IMAGE, Sandbox, members, reason

SCRIPT = """
import os
open("/opt/ml/model/model.bin", "w").write("m")
os.makedirs("/opt/ml/model/sub/empty")
os.symlink("model.bin", "/opt/ml/model/latest")
os.mkfifo("/opt/ml/model/pipe")
open("/opt/ml/output/data/report.json", "w").write("{}")
print("auc=0.5;")
print("auc=0.75; done")
"""


def transitions(state: object) -> list[tuple[str, str]]:
    assert isinstance(state, dict)
    changes = state["SecondaryStatusTransitions"]
    assert [one["EndTime"] >= one["StartTime"] for one in changes] == [True] * len(changes)
    return [(one["Status"], one["StatusMessage"]) for one in changes]


def test_a_training_job_from_start_to_end(sandbox: Sandbox) -> None:
    definitions = [{"Name": "validation:auc", "Regex": "auc=(.*?);"}]
    specification = {
        "TrainingImage": IMAGE,
        "TrainingInputMode": "File",
        "MetricDefinitions": definitions,
    }
    job = sandbox.train("job", SCRIPT, AlgorithmSpecification=specification)
    state = dict(job.state)
    assert job.status == "Completed", sandbox.log(job)
    assert transitions(state) == [
        ("Starting", "Preparing the instances for training"),
        ("Downloading", "Downloading the training image"),
        ("Training", "Training image download completed. Training in progress."),
        ("Uploading", "Uploading generated training model"),
        ("Completed", "Training job completed"),
    ]
    assert state["SecondaryStatus"] == "Completed"
    assert state["TrainingStartTime"] <= state["TrainingEndTime"]
    assert state["TrainingTimeInSeconds"] == state["BillableTimeInSeconds"] >= 1
    (metric,) = state["FinalMetricDataList"]
    assert (metric["MetricName"], metric["Value"]) == ("validation:auc", 0.75)
    model = "models/job/output/model.tar.gz"
    assert state["ModelArtifacts"] == {"S3ModelArtifacts": f"s3://{BUCKET}/{model}"}
    assert members(sandbox.objects.read_bytes(BUCKET, model)) == {
        "latest": b"",
        "model.bin": b"m",
        "sub/": b"",
        "sub/empty/": b"",
    }
    output = sandbox.objects.read_bytes(BUCKET, "models/job/output/output.tar.gz")
    assert members(output) == {"report.json": b"{}"}


def test_without_compression_the_model_is_uploaded_file_by_file(sandbox: Sandbox) -> None:
    output = {"S3OutputPath": f"s3://{BUCKET}/models", "CompressionType": "NONE"}
    job = sandbox.train("job", SCRIPT, OutputDataConfig=output)
    assert sandbox.keys("models/") == [
        "models/job/output/model/model.bin",
        "models/job/output/output.tar.gz",
    ]
    artifacts = job.state["ModelArtifacts"]["S3ModelArtifacts"]
    assert artifacts == "s3://bucket/models/job/output/model/"


def test_nothing_written_is_no_archive(sandbox: Sandbox) -> None:
    job = sandbox.train("job", "")
    assert job.status == "Completed"
    assert sandbox.keys("models/") == []


def test_a_failed_job_keeps_its_model_and_says_why(sandbox: Sandbox) -> None:
    script = """
open("/opt/ml/model/m", "w").write("1")
open("/opt/ml/output/failure", "w").write("No " * 900)
raise SystemExit(3)
"""
    job = sandbox.train("job", script)
    assert job.status == "Failed"
    assert reason(job).startswith("AlgorithmError: No No No")
    assert reason(job).endswith(", exit code: 1")
    assert len(reason(job)) == 1024
    assert transitions(dict(job.state))[-2:] == [
        ("Uploading", "Uploading generated training model"),
        ("Failed", "Training job failed"),
    ]
    assert sandbox.keys("models/") == ["models/job/output/model.tar.gz"]
    assert "TrainingEndTime" in job.state


def test_a_failed_job_whose_model_cannot_be_kept(sandbox: Sandbox) -> None:
    script = """
import os
os.mkdir("/opt/ml/output/failure")
open(b"/opt/ml/model/\\xff", "w")
raise SystemExit(3)
"""
    output = {"S3OutputPath": "s3://bucket/models/", "CompressionType": "NONE"}
    job = sandbox.train("job", script, OutputDataConfig=output)
    assert reason(job) == "AlgorithmError: , exit code: 1"
    assert "upload to s3://bucket/models/job/output/model/" in sandbox.log(job)[-1]


def test_an_own_entrypoint_with_its_configuration(sandbox: Sandbox) -> None:
    specification = {
        "TrainingImage": IMAGE,
        "TrainingInputMode": "File",
        "ContainerEntrypoint": ["/bin/sh", "-c"],
        "ContainerArguments": [
            "cd /opt/ml/input; cat config/*.json; ls data/extra; env | grep ^TRAINING; exit 7"
        ],
    }
    sandbox.put("extra/a.csv", "1")
    job = sandbox.train(
        "job",
        "",
        {"n": "50"},
        AlgorithmSpecification=specification,
        InputDataConfig=[sandbox.channel("extra", "extra/") | {"ContentType": "text/csv"}],
    )
    first, *rest = sandbox.log(job)
    decoder = json.JSONDecoder()
    hyperparameters, end = decoder.raw_decode(first)
    inputs, length = decoder.raw_decode(first[end:])
    resources, _ = decoder.raw_decode(first[end + length :])
    assert hyperparameters["n"] == "50"
    assert inputs["extra"] == {
        "ContentType": "text/csv",
        "TrainingInputMode": "File",
        "S3DistributionType": "FullyReplicated",
        "RecordWrapperType": "None",
    }
    assert resources["hosts"] == ["algo-1"]
    assert "a.csv" in first + rest[0]
    assert f"TRAINING_JOB_ARN={job.arn}" in rest
    assert "TRAINING_JOB_NAME=job" in rest
    assert reason(job) == "AlgorithmError: , exit code: 7"


def test_a_channel_without_objects_never_trains(sandbox: Sandbox) -> None:
    job = sandbox.train("job", "", InputDataConfig=[sandbox.channel("train", "nothing/")])
    assert job.status == "Failed"
    assert "No S3 objects found" in reason(job)
    assert [status for status, _ in transitions(dict(job.state))] == [
        "Starting",
        "Downloading",
        "Failed",
    ]


def test_a_metric_that_cannot_be_read(sandbox: Sandbox) -> None:
    specification = {
        "TrainingImage": IMAGE,
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "bad", "Regex": "("}],
    }
    job = sandbox.train("job", "", AlgorithmSpecification=specification)
    assert job.status == "Failed"
    assert "the Regex of 'bad' is not valid" in reason(job)


def test_an_output_path_without_a_bucket(sandbox: Sandbox) -> None:
    job = sandbox.train("job", "", OutputDataConfig={"S3OutputPath": "s3://no-such-bucket/x"})
    assert job.status == "Failed"
    assert "change OutputDataConfig.S3OutputPath" in reason(job)
