from pathlib import Path

import pytest

from ml_pipeline_tests.local_sagemaker.jobs.sandbox import BUCKET, IMAGE, Sandbox

WRITE = "open('{}/events', 'w').write('loss')"


@pytest.mark.parametrize("path", [None, "/opt/ml/output/runs"])
def test_what_tensorboard_reads_is_uploaded_as_it_lies(sandbox: Sandbox, path: str | None) -> None:
    local = {"LocalPath": path} if path else {}
    job = sandbox.training(
        "job",
        {"train.py": "pass"},
        AlgorithmSpecification={
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["python3", "-c"],
            "ContainerArguments": [WRITE.format(path or "/opt/ml/output/tensorboard")],
        },
        TensorBoardOutputConfig={"S3OutputPath": f"s3://{BUCKET}/boards/", **local},
    )
    assert sandbox.run(job).status == "Completed"
    assert sandbox.keys("boards/") == ["boards/job/tensorboard-output/events"]
    assert not Path(path or "/opt/ml/output/tensorboard", "events").exists()
