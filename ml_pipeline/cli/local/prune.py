"""``ml-pipeline local prune``: removing what is old."""

import re
import sqlite3

import click

from local_sagemaker.daemon.errors import database_not_usable, home_not_usable
from local_sagemaker.home import Home
from ml_pipeline.cli.local.sizes import in_units
from ml_pipeline.settings import get_settings

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def _seconds(_context: click.Context, _option: click.Parameter, age: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhdw])", age)
    if found is None:
        raise click.BadParameter(f"{age!r} is not a number and one of s, m, h, d, w, such as 7d")
    return float(found[1]) * _SECONDS[found[2]]


@click.command()
@click.option("--older-than", required=True, callback=_seconds, help="Such as 7d, 12h or 30m.")
@click.option("--runtimes", is_flag=True, help="Also runtimes that no job used for that long.")
@click.option("--dry-run", is_flag=True, help="Remove nothing, and say what would be removed.")
def prune(older_than: float, runtimes: bool, dry_run: bool) -> None:
    """Remove ended jobs, with their directories and logs; jobs that run and objects stay."""
    from local_sagemaker.prune import prune as prune_home

    home = Home(get_settings().home.resolve())
    try:
        freed = prune_home(home, older_than, runtimes=runtimes, dry_run=dry_run)
    except OSError as error:
        raise home_not_usable(home.root, error) from error
    except sqlite3.Error as error:
        raise database_not_usable(home.root, error) from error
    rows = [
        ("job", freed.jobs, freed.job_bytes),
        ("log stream", freed.logs, freed.log_bytes),
        *([("runtime", freed.runtimes, freed.runtime_bytes)] if runtimes else []),
    ]
    parts = [f"{count} {noun}{'s' * (count != 1)} ({in_units(size)})" for noun, count, size in rows]
    said = "would remove" if dry_run else "removed"
    click.echo(f"{said} {', '.join(parts)}: {in_units(freed.bytes)}")
