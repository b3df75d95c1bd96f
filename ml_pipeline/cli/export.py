"""``ml-pipeline export-pipeline``: the assets' jobs as a SageMaker pipeline."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ml_pipeline.settings import get_settings

if TYPE_CHECKING:
    from dagster_sagemaker import SageMakerConnection
    from ml_pipeline.settings import Settings


@click.command("export-pipeline")
@click.argument("partition")
@click.option("--output", type=click.Path(path_type=Path), help="A file; else it is printed.")
@click.option(
    "--create", metavar="NAME", help="Create a pipeline of it, or update the one of NAME."
)
def export_pipeline(partition: str, output: Path | None, create: str | None) -> None:
    """Write daily_training for PARTITION as a SageMaker pipeline definition.

    Its scripts, and the manifest of what PARTITION reads, are put into S3. The parameter ds is the
    day: export another one to have its manifest written, and start the pipeline with it.
    """
    import dagster as dg

    from dagster_sagemaker.uploads import put_object, upload_missing
    from ml_pipeline.landing import find
    from ml_pipeline.pipeline_export import export
    from ml_pipeline.resources import build_connection

    settings = get_settings()
    connection = build_connection(settings)
    s3 = connection.client("s3")
    try:
        made = export(settings, partition, find(settings, connection, settings.window(partition)))
        upload_missing(s3, made.code)
        put_object(s3, made.manifest.uri, made.manifest.content)
    except dg.Failure as failure:
        raise click.ClickException(failure.description or str(failure)) from failure
    text = json.dumps(made.definition, indent=2)
    if create:
        _create_or_update(connection, settings, create, text)
        click.echo(f"pipeline {create}; start it for {partition} with: {_start(create, partition)}")
    if output is not None:
        output.write_text(f"{text}\n")
    elif not create:
        click.echo(text)


def _create_or_update(
    connection: "SageMakerConnection", settings: "Settings", name: str, text: str
) -> None:
    from botocore.exceptions import ClientError

    client: Any = connection.client("sagemaker")
    members = {"PipelineName": name, "RoleArn": settings.job_role_arn, "PipelineDefinition": text}
    try:
        client.describe_pipeline(PipelineName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFound":
            raise click.ClickException(str(error)) from error
        client.create_pipeline(**members)
    else:
        client.update_pipeline(**members)


def _start(name: str, partition: str) -> str:
    return (
        f"aws sagemaker start-pipeline-execution --pipeline-name {name} "
        f"--pipeline-parameters Name=ds,Value={partition}"
    )
