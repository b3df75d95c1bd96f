"""``ml-pipeline prices``: what an hour of an instance costs, and reading that anew from AWS."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from ml_pipeline.settings import get_settings

if TYPE_CHECKING:
    from dagster_sagemaker.costs import PriceTable


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print the table as JSON.")
@click.pass_context
def prices(context: click.Context, as_json: bool) -> None:
    """The prices in use, on which estimates and limits of cost are based."""
    if context.invoked_subcommand is not None:
        return
    table = _in_use()
    if as_json:
        click.echo(json.dumps(json.loads(table.text())))
        return
    shown = Table("instance", "USD an hour", title=table.name)
    for instance, price in sorted(table.usd_per_hour.items()):
        shown.add_row(instance, f"{price:g}")
    Console().print(shown)


@prices.command()
@click.option("--region", help="AWS region; if not given, the one of ML_PIPELINE_REGION.")
@click.option(
    "--to", "target", type=click.Path(dir_okay=False, path_type=Path), help="The file to write."
)
@click.option(
    "--from", "source", help="Address or path of a price file, instead of AWS's public one."
)
def update(region: str | None, target: Path | None, source: str | None) -> None:
    """Write today's prices of a region to a file; no credentials are needed."""
    from dagster_sagemaker.costs import PriceTableError
    from dagster_sagemaker.costs.price_file import fetch

    region = region or get_settings().region
    target = target or Path(f"prices-{region}.json")
    try:
        table = fetch(region, source)
    except PriceTableError as error:
        raise click.ClickException(str(error)) from error
    target.write_text(table.text())
    click.echo(f"{len(table.usd_per_hour)} prices of {table.name} are in {target}. To use them:")
    click.echo(f"ML_PIPELINE_PRICE_TABLE={target}")


def _in_use() -> "PriceTable":
    from ml_pipeline.resources import prices_of

    settings = get_settings()
    table = prices_of(settings)
    if table is None:
        raise click.ClickException(
            f"No prices are known for {settings.region}: ml-pipeline prices update, or set "
            "ML_PIPELINE_PRICE_TABLE to a file with some"
        )
    return table
