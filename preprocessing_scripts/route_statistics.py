r"""SageMaker processing job: how late flights were, by carrier, route and hour, with PySpark.

Reads ``<input>/ds=*/{flights,weather}.csv`` of the window, day ``--first`` to the day before
``--ds``, and ``<input>/planes.csv``: a folder or a prefix in S3. Writes::

    <output>/daily/       parquet: counts for each day, level and key
    <output>/statistics/  parquet: the same over the whole window, with rates
    <report>/report.json  metrics, schema of the statistics, details

A level is ``carrier`` (key ``UA``), ``route`` (``EWR-IAH``) or ``hour`` (``17``, of the scheduled
departure). Executors read and write; a folder does if all of them share it. It runs in the Spark
image of any number of instances (Python 3.9 is the image's), and by hand::

    spark-submit --master 'local[*]' preprocessing_scripts/route_statistics.py \
        --first 2013-01-14 --ds 2013-02-11 --input raw --output out --report out/report
"""

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from preprocessing_scripts.outcome import ArgumentParser, run_script, write_report

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

LATE_MINUTES = 15
"""A flight is late from this many minutes behind schedule on, as the US DOT counts."""

COUNTS = (
    "flights",
    "arrived",
    "late",
    "delay_minutes",
    "arrived_in_bad_weather",
    "late_in_bad_weather",
    "planes_known",
    "plane_years",
)
"""What can be added up over days. Cancelled and diverted flights have not arrived."""

_BAD_WEATHER = "precip > 0 OR visib < 3 OR wind_gust >= 30"
_FLIGHTS = {
    **dict.fromkeys(("year", "hour"), "int"),
    **dict.fromkeys(("carrier", "origin", "dest", "tailnum"), "string"),
    "arr_delay": "double",
    "time_hour": "timestamp",
}
_WEATHER = {
    "origin": "string",
    "time_hour": "timestamp",
    **dict.fromkeys(("precip", "visib", "wind_gust"), "double"),
}
_PLANES = {"tailnum": "string", "year": "int"}


def main(argv: "Sequence[str] | None" = None) -> None:
    """Run the job with command-line arguments."""
    args = parse_arguments(argv)
    from pyspark.sql import SparkSession

    started = time.monotonic()
    with SparkSession.builder.appName("route_statistics").getOrCreate() as spark:
        # A value that is no number is an error, not a missing value.
        spark.conf.set("spark.sql.ansi.enabled", "true")
        spark.conf.set("spark.sql.session.timeZone", "UTC")
        # What is counted is few, however many flights there are: more parts would be empty.
        parallel = spark.sparkContext.defaultParallelism
        spark.conf.set("spark.sql.shuffle.partitions", str(parallel))
        statistics, metrics = compute(spark, args.input, days_of(args.first, args.ds), args.output)
    schema = [{"name": name, "type": kind} for name, kind in statistics]
    seconds = {"seconds": round(time.monotonic() - started, 3)}
    details = {"ds": args.ds, "first": args.first}
    write_report(args.report, {**metrics, **seconds}, schema, details)


def parse_arguments(argv: "Sequence[str] | None") -> argparse.Namespace:
    """Parse and check the command line.

    Raises:
        ScriptError: An argument is missing or impossible.
    """
    parser = ArgumentParser(prog="route_statistics.py", description=__doc__)
    parser.add_argument("--ds", required=True, help="the day after the window")
    parser.add_argument("--first", required=True, help="the first day of the window")
    parser.add_argument("--input", type=location, required=True, help="folder or S3 prefix")
    parser.add_argument("--output", type=location, required=True, help="folder or S3 prefix")
    parser.add_argument("--report", type=Path, default=Path("/opt/ml/processing/output/report"))
    args = parser.parse_args(argv)
    for name in ("ds", "first"):
        if not _is_day(getattr(args, name)):
            parser.error(f"--{name} must be a day like 2013-02-11, not {getattr(args, name)!r}")
    if args.first >= args.ds:
        parser.error(f"--first ({args.first}) must lie before --ds ({args.ds})")
    return args


def location(text: str) -> str:
    """A prefix in S3 or a folder as Spark names it, without a slash at its end.

    The image's Hadoop is told of its credentials for ``s3a://``, and takes a mere path for one of
    its own file system, which is not the host's.
    """
    scheme, separator, rest = text.rstrip("/").partition("://")
    if separator:
        return f"{'s3a' if scheme == 's3' else scheme}://{rest}"
    return Path(text).resolve().as_uri()


def days_of(first: str, ds: str) -> "list[str]":
    """The days from the first one to the day before ``ds``."""
    start, end = date.fromisoformat(first), date.fromisoformat(ds)
    return [(start + timedelta(days=back)).isoformat() for back in range((end - start).days)]


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def compute(
    spark: "SparkSession", source: str, days: "list[str]", output: str
) -> "tuple[list[tuple[str, str]], dict[str, float]]":
    """Read the raw days and write both tables.

    Args:
        spark: The session.
        source: Where the raw days lie; see ``location``.
        days: The window's.
        output: Where to; what is there is replaced.

    Returns:
        Names and types of the columns of the statistics, and the metrics.
    """
    from pyspark.sql import functions as F

    folders = [f"{source}/ds={day}" for day in days]
    flights = join(
        read(spark, [f"{folder}/flights.csv" for folder in folders], _FLIGHTS, day=True),
        read(spark, [f"{folder}/weather.csv" for folder in folders], _WEATHER),
        read(spark, [f"{source}/planes.csv"], _PLANES),
    )
    daily = count_by_level(flights).cache()
    write(daily, ["day", "level", "key"], f"{output}/daily")
    statistics = add_up(daily).cache()
    write(statistics, ["level", "key"], f"{output}/statistics")
    sums = [F.sum(name).alias(name) for name in ("flights", "arrived", "late")]
    levels = statistics.groupBy("level").agg(F.count("key").alias("keys"), *sums).collect()
    metrics = {"days": len(days), **{f"{level['level']}s": level["keys"] for level in levels}}
    for level in levels[:1]:  # each counts all flights
        rate = level["late"] / level["arrived"] if level["arrived"] else 0.0
        metrics |= {"flights": level["flights"], "late_rate": round(rate, 6)}
    return statistics.dtypes, metrics


def read(
    spark: "SparkSession", paths: "list[str]", columns: "dict[str, str]", *, day: bool = False
) -> "DataFrame":
    """Read CSV files of one kind; ``NA`` marks a missing value.

    Args:
        spark: The session.
        paths: The files; their columns may be in any order that is the same in all.
        columns: Those to take, and their types.
        day: Whether to add the day of the file's folder, as ``day``.
    """
    from pyspark.sql import functions as F

    table = spark.read.csv(paths, header=True, nullValue="NA", enforceSchema=False)
    wanted = [F.col(name).cast(kind).alias(name) for name, kind in columns.items()]
    if day:
        wanted.append(F.regexp_extract(F.input_file_name(), r"ds=([0-9-]{10})/", 1).alias("day"))
    return table.select(*wanted)


def join(flights: "DataFrame", weather: "DataFrame", planes: "DataFrame") -> "DataFrame":
    """Add to each flight whether the weather was bad where and when it left, and its plane's age.

    What the weather was is unknown where no station reported it; an age, where the registry has no
    plane of that name or no year.
    """
    from pyspark.sql import functions as F

    bad = F.coalesce(F.expr(_BAD_WEATHER), F.lit(False)).alias("bad_weather")
    observed = weather.select("origin", "time_hour", bad).dropDuplicates(["origin", "time_hour"])
    built = planes.select("tailnum", F.col("year").alias("built")).dropDuplicates(["tailnum"])
    return (
        flights.join(F.broadcast(observed), ["origin", "time_hour"], "left")
        .join(F.broadcast(built), "tailnum", "left")
        .withColumn("plane_years", F.col("year") - F.col("built"))
    )


def count_by_level(flights: "DataFrame") -> "DataFrame":
    """Count flights: one row a day, level and key, with ``COUNTS``."""
    from pyspark.sql import functions as F

    def level(name: str, key: "Column") -> "Column":
        return F.struct(F.lit(name).alias("level"), key.cast("string").alias("key"))

    levels = F.array(
        level("carrier", F.col("carrier")),
        level("route", F.concat_ws("-", "origin", "dest")),
        level("hour", F.col("hour")),
    )

    def count_if(condition: "Column") -> "Column":
        return F.count(F.when(condition, 1))

    arrived = F.col("arr_delay").isNotNull()
    late = F.coalesce(F.col("arr_delay") >= LATE_MINUTES, F.lit(False))
    bad = arrived & F.coalesce(F.col("bad_weather"), F.lit(False))
    counted: dict[str, Any] = {
        "flights": F.count("*"),
        "arrived": count_if(arrived),
        "late": count_if(late),
        "delay_minutes": F.coalesce(F.sum("arr_delay"), F.lit(0.0)),
        "arrived_in_bad_weather": count_if(bad),
        "late_in_bad_weather": count_if(bad & late),
        "planes_known": F.count("plane_years"),
        "plane_years": F.coalesce(F.sum("plane_years"), F.lit(0)),
    }
    return (
        flights.withColumn("place", F.explode(levels))
        .groupBy("day", "place.level", "place.key")
        .agg(*(counted[name].alias(name) for name in COUNTS))
    )


def add_up(daily: "DataFrame") -> "DataFrame":
    """Add the days up, and give rates and means; they are missing where nothing was counted."""
    from pyspark.sql import functions as F

    def ratio(name: str, part: str, whole: str) -> "Column":
        return F.expr(f"try_divide({part}, {whole})").alias(name)

    sums = daily.groupBy("level", "key").agg(*(F.sum(name).alias(name) for name in COUNTS))
    return sums.select(
        "*",
        ratio("late_rate", "late", "arrived"),
        ratio("mean_delay", "delay_minutes", "arrived"),
        ratio("late_rate_in_bad_weather", "late_in_bad_weather", "arrived_in_bad_weather"),
        ratio("mean_plane_age", "plane_years", "planes_known"),
    )


def write(table: "DataFrame", order: "list[str]", place: str) -> None:
    """Write a small table as parquet: one file, its rows in order, and nothing beside it."""
    quiet = {"mapreduce.fileoutputcommitter.marksuccessfuljobs": "false"}
    rows = table.repartition(1).sortWithinPartitions(*order)
    rows.write.options(**quiet).mode("overwrite").parquet(place)


if __name__ == "__main__":
    sys.exit(run_script(main, "message"))
