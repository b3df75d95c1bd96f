"""The arguments of Airflow's SageMaker operators, as keywords of a client's ``run``."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from dagster_sagemaker.errors import InvalidRequestError
from dagster_sagemaker.polling import Polling
from dagster_sagemaker.request import JobRequest

_AIRFLOW_INTERVAL = 30.0

_OWN_NAMES = (
    "action_if_job_exists",
    "check_inputs",
    "extras",
    "instance_types",
    "max_credentials_wait_seconds",
    "max_quota_wait_seconds",
    "max_usd_per_backfill",
    "max_usd_per_job",
    "max_usd_per_run",
    "max_wait_seconds",
    "params",
    "partition_key",
    "polling",
    "prices",
    "print_log",
    "spot_without_checkpoint",
    "stop_on_cancel",
    "wait_for_completion",
)

# Operators' arguments that have a place of their own here, which is not the call.
_ELSEWHERE = {
    "aws_conn_id": "give the client a SageMakerConnection with the profile, keys or role to assume",
    "region_name": "set it on the client's SageMakerConnection, as `region`",
    "verify": "set AWS_CA_BUNDLE in the environment of the code location",
    "botocore_config": "see the fields of the client's SageMakerConnection",
    "task_id": "it is the asset's name",
    "retries": "set retry_policy=dg.RetryPolicy(max_retries=...) on the asset",
    "retry_delay": "set retry_policy=dg.RetryPolicy(delay=...) on the asset, in seconds",
    "execution_timeout": "use max_ingestion_time, which stops the job, too",
    "check_if_job_exists": "drop it: a name that is taken is always noticed",
    "output_files_to_xcom": "have the job write report.json, or read the finished job's `outputs`",
}

_TRANSLATED = ("config", "deferrable")

_NUMBERS = ("check_interval", "max_attempts", "max_ingestion_time")


def airflow_compat(**arguments: Any) -> dict[str, Any]:
    """Keywords for ``run`` from the arguments of SageMakerTrainingOperator and its like.

    .. code-block:: python

        client.run(context=context, **airflow_compat(config=config, max_ingestion_time=3600))

    ``config`` is the request, of a script that knows nothing of Dagster's Pipes.
    ``max_ingestion_time`` in seconds, and ``max_attempts`` times ``check_interval``, become
    ``max_wait_seconds``, which stops the job as well. With ``check_interval`` jobs are looked at
    every so many seconds; without it, more often at first.
    ``deferrable=True`` is ``wait_for_completion=False``: no worker is held, and the job's end is
    told all the same. The names that ``run`` has itself are taken as they are.

    Raises:
        InvalidRequestError: Arguments that are unknown or cannot be had, each with what to do.
    """
    problems = [line for name, value in arguments.items() for line in _problems(name, value)]
    if problems:
        raise InvalidRequestError("The call of airflow_compat", problems)
    keywords = {name: arguments[name] for name in _OWN_NAMES if name in arguments}
    if "config" in arguments:
        keywords["request"] = JobRequest(arguments["config"], pipes=False)
    if arguments.get("deferrable"):
        keywords["wait_for_completion"] = False
    interval = arguments.get("check_interval")
    if interval is not None:
        keywords["polling"] = Polling(
            initial_seconds=interval, steps=(), fraction=0, cap_seconds=interval
        )
    limits = [limit for limit in _limits(arguments, interval) if limit is not None]
    if limits:
        keywords["max_wait_seconds"] = min(limits)
    return keywords


def _limits(arguments: Mapping[str, Any], interval: float | None) -> list[float | None]:
    attempts = arguments.get("max_attempts")
    return [
        arguments.get("max_wait_seconds"),
        arguments.get("max_ingestion_time"),
        None if attempts is None else attempts * (interval or _AIRFLOW_INTERVAL),
    ]


def _problems(name: str, value: object) -> list[str]:
    if name in _ELSEWHERE:
        return [f"{name}: is no argument of the call: {_ELSEWHERE[name]}"]
    if name in _NUMBERS:
        fits = value is None or (isinstance(value, (int, float)) and value > 0)
        return [] if fits else [f"{name}: {value!r} is no number above 0"]
    return [] if name in (*_OWN_NAMES, *_TRANSLATED) else [f"{name}: is unknown; {_hint(name)}"]


def _hint(name: str) -> str:
    known = sorted((*_OWN_NAMES, *_ELSEWHERE, *_NUMBERS, *_TRANSLATED))
    near = get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
