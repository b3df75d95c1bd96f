"""The rows of the matrix, by heading."""

from collections.abc import Mapping

from benchmarks.fault_matrix.trouble import Trouble
from benchmarks.fault_matrix.troubles.cancellations import CANCELLATIONS
from benchmarks.fault_matrix.troubles.credentials import CREDENTIALS
from benchmarks.fault_matrix.troubles.instances import INSTANCES
from benchmarks.fault_matrix.troubles.jobs import JOBS
from benchmarks.fault_matrix.troubles.kills import KILLS
from benchmarks.fault_matrix.troubles.logs import LOGS
from benchmarks.fault_matrix.troubles.requests import REQUESTS

GROUPS: Mapping[str, tuple[Trouble, ...]] = {
    "Requests that fail": REQUESTS,
    "Credentials": CREDENTIALS,
    "Logs": LOGS,
    "Processes killed with kill -9, then executed again": KILLS,
    "Cancelled": CANCELLATIONS,
    "Instances": INSTANCES,
    "The job itself": JOBS,
}
