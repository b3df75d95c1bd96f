"""``ml-pipeline local feature-groups``: what is in the local Feature Store."""

from datetime import datetime

import click
from rich.console import Console
from rich.table import Table

from local_sagemaker.feature_store.overview import overview
from local_sagemaker.home import Home
from ml_pipeline.settings import get_settings


@click.command("feature-groups")
def feature_groups() -> None:
    """List the feature groups, with how many records and rows they have."""
    found = overview(Home(get_settings().home).feature_database)
    if not found:
        click.echo("no feature groups")
        return
    heads = ("name", "features", "records online", "rows offline", "created", "offline store")
    table = Table(*heads, box=None, pad_edge=False)
    for one in found:
        created = datetime.fromtimestamp(one.created).strftime("%Y-%m-%d %H:%M")
        counts = ("-" if count is None else f"{count:,}" for count in (one.records, one.rows))
        table.add_row(one.name, str(one.features), *counts, created, one.offline)
    Console(soft_wrap=True).print(table)
