"""What a person is shown of a training job."""

from collections.abc import Iterator

from local_sagemaker.jobs.kinds.rules import Place, Shown
from local_sagemaker.jobs.kinds.showing import command, place
from local_sagemaker.jobs.kinds.training.inputs import CHANNELS
from local_sagemaker.jobs.kinds.training.synced import CHECKPOINTS
from local_sagemaker.records.job import Job


def shown(job: Job) -> Shown:
    """What the job's request says for people."""
    algorithm = job.request["AlgorithmSpecification"]
    image = algorithm.get("TrainingImage", algorithm.get("AlgorithmName", ""))
    return Shown(image, command(algorithm), tuple(_inputs(job)), tuple(_outputs(job)))


def _inputs(job: Job) -> Iterator[Place]:
    default = job.request["AlgorithmSpecification"].get("TrainingInputMode", "File")
    for one in job.request.get("InputDataConfig", []):
        path = {"LocalPath": f"{CHANNELS}/{one['ChannelName']}"}
        source = path | one["DataSource"].get("S3DataSource", {})
        yield place(one["ChannelName"], source, one.get("InputMode", default))


def _outputs(job: Job) -> Iterator[Place]:
    yield Place("model", job.state["ModelArtifacts"]["S3ModelArtifacts"], "/opt/ml/model")
    if "CheckpointConfig" in job.request:
        yield place("checkpoints", {"LocalPath": CHECKPOINTS, **job.request["CheckpointConfig"]})
