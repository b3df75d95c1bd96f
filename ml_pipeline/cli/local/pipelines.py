"""``ml-pipeline local pipelines``: the latest executions of SageMaker Pipelines on this machine."""

from datetime import datetime

import click

from local_sagemaker.home import Home
from ml_pipeline.settings import get_settings

_LATEST = 20


@click.command()
@click.option("--latest", default=_LATEST, show_default=True, help="How many executions.")
def pipelines(latest: int) -> None:
    """List the latest pipeline executions, with their steps and states."""
    from rich.console import Console
    from rich.table import Table

    from local_sagemaker.pipelines.store import PipelineStore

    home = Home(get_settings().home.resolve())
    found = []
    if home.pipeline_database.exists():
        store = PipelineStore(home.pipeline_database)
        found = [(one, store.steps(one.id)) for one in store.latest(latest)]
    if not found:
        click.echo("no executions; any client of SageMaker Pipelines can start one")
        return
    table = Table("pipeline", "execution", "started", "status", "steps", box=None, pad_edge=False)
    for one, runs in found:
        started = datetime.fromtimestamp(one.created).strftime("%Y-%m-%d %H:%M")
        steps = ", ".join(f"{run.name} {run.status}" for run in runs)
        table.add_row(one.pipeline, one.id, started, one.status, steps)
    Console().print(table)
