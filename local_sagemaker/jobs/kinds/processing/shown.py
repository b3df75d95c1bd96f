"""What a person is shown of a processing job."""

from collections.abc import Iterator

from local_sagemaker.jobs.kinds.rules import Place, Shown
from local_sagemaker.jobs.kinds.showing import command, place
from local_sagemaker.records.job import Job


def shown(job: Job) -> Shown:
    """What the job's request says for people."""
    application = job.request["AppSpecification"]
    return Shown(
        application["ImageUri"], command(application), tuple(_inputs(job)), tuple(_outputs(job))
    )


def _inputs(job: Job) -> Iterator[Place]:
    for one in job.request.get("ProcessingInputs", []):
        source = one.get("S3Input", {})
        yield place(one["InputName"], source, source.get("S3InputMode", "File"))


def _outputs(job: Job) -> Iterator[Place]:
    for one in job.request.get("ProcessingOutputConfig", {}).get("Outputs", []):
        target = one.get("S3Output", {})
        yield place(one["OutputName"], target, target.get("S3UploadMode", ""))
