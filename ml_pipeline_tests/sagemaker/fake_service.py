"""SageMaker and CloudWatch Logs over real HTTP, with jobs that end when a test says so.

A job ends after a number of Describe calls, not after a time, so that nothing here depends on how
fast a machine is.
"""

import json
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KINDS = {
    "ProcessingJob": "/aws/sagemaker/ProcessingJobs",
    "TrainingJob": "/aws/sagemaker/TrainingJobs",
}
UNKNOWN_JOB = "Could not find requested job with name: "


@dataclass
class Ending:
    """How a job goes.

    `on_end` runs in the service just before the job's last status is shown; `on_describe` at every
    Describe of the running job.
    """

    status: str = "Completed"
    looks: int = 2
    fields: dict[str, Any] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    late_lines: tuple[str, ...] = ()
    on_end: Callable[["Job"], None] | None = None
    on_describe: Callable[["Job"], None] | None = None


@dataclass
class Job:
    kind: str
    request: dict[str, Any]
    ending: Ending
    status: str = "InProgress"
    looks: int = 0
    lines: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.time)

    @property
    def name(self) -> str:
        return self.request[f"{self.kind}Name"]

    @property
    def environment(self) -> dict[str, str]:
        return self.request.get("Environment", {})

    def description(self) -> dict[str, Any]:
        body = {key: value for key, value in self.request.items() if key != "Tags"}
        prefix = self.kind.removesuffix("Job")
        body |= {
            f"{self.kind}Status": self.status,
            f"{self.kind}Arn": f"arn:aws:sagemaker:us-east-1:000000000000:x/{self.name}",
            "CreationTime": self.started,
            f"{prefix}StartTime": self.started,
        }
        if self.kind == "TrainingJob":
            output = self.request["OutputDataConfig"]["S3OutputPath"].rstrip("/")
            body["ModelArtifacts"] = {
                "S3ModelArtifacts": f"{output}/{self.name}/output/model.tar.gz"
            }
            body["SecondaryStatus"] = "Training"
        if self.status in {"Completed", "Failed", "Stopped"}:
            body |= {f"{prefix}EndTime": self.started + 12.5, **self.ending.fields}
        return body


class ServiceError(Exception):
    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


class FakeSageMaker:
    """The service: `jobs` by name, `calls` by operation, `endings` for the jobs to come."""

    def __init__(self) -> None:
        self.reset()
        self._lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def reset(self) -> None:
        """Forget everything."""
        self.jobs: dict[str, Job] = {}
        self.calls: Counter[str] = Counter()
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.endings: deque[Ending] = deque()
        self.faults: dict[str, deque[ServiceError]] = {}
        self.before: dict[str, Callable[[dict[str, Any]], None]] = {}
        self.after: dict[str, Callable[[dict[str, Any]], None]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def only_job(self) -> Job:
        (job,) = self.jobs.values()
        return job

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def fail(
        self, operation: str, code: str, message: str = "no", status: int = 400, times: int = 1
    ) -> None:
        """Let the next calls of an operation fail."""
        errors = (ServiceError(code, message, status) for _ in range(times))
        self.faults.setdefault(operation, deque()).extend(errors)

    def call(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            self.calls[operation] += 1
            self.requests.append((operation, body))
            if operation in self.before:
                self.before[operation](body)
            if self.faults.get(operation):
                raise self.faults[operation].popleft()
            for kind in KINDS:
                if operation.endswith(kind):
                    verb = operation.removesuffix(kind)
                    answer = getattr(self, f"_{verb.lower()}")(kind, body)
                    break
            else:
                answer = getattr(self, f"_{operation}")(body)
            if operation in self.after:
                self.after[operation](body)
            return answer

    def _create(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        name = body[f"{kind}Name"]
        if name in self.jobs:
            raise ServiceError("ResourceInUse", "Job name must be unique")
        job = Job(kind, body, self.endings.popleft() if self.endings else Ending())
        job.lines = list(job.ending.lines)
        self.jobs[name] = job
        return {f"{kind}Arn": job.description()[f"{kind}Arn"]}

    def _describe(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        job = self._find(kind, body)
        if job.status == "InProgress":
            job.looks += 1
            if job.ending.on_describe:
                job.ending.on_describe(job)
            if job.looks >= job.ending.looks:
                if job.ending.on_end:
                    job.ending.on_end(job)
                job.status = job.ending.status
        return job.description()

    def _stop(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        job = self._find(kind, body)
        if job.status != "InProgress":
            raise ServiceError(
                "ValidationException",
                f"The request was rejected because the job is in status {job.status}.",
            )
        job.status = "Stopped"
        return {}

    def _find(self, kind: str, body: dict[str, Any]) -> Job:
        name = body[f"{kind}Name"]
        if name not in self.jobs or self.jobs[name].kind != kind:
            raise ServiceError("ValidationException", UNKNOWN_JOB + name)
        return self.jobs[name]

    def _DescribeLogStreams(self, body: dict[str, Any]) -> dict[str, Any]:
        names = [
            f"{job.name}/algo-{index + 1}-1700000000"
            for job in self.jobs.values()
            if KINDS[job.kind] == body["logGroupName"] and job.lines
            for index in range(_instances(job))
        ]
        if not names:
            raise ServiceError(
                "ResourceNotFoundException", "The specified log group does not exist."
            )
        prefix = body["logStreamNamePrefix"]
        return {
            "logStreams": [{"logStreamName": name} for name in names if name.startswith(prefix)]
        }

    def _GetLogEvents(self, body: dict[str, Any]) -> dict[str, Any]:
        job = self.jobs[body["logStreamName"].split("/")[0]]
        first = int(body.get("nextToken", "f/0")[2:])
        page = job.lines[first : first + 3]  # small pages, so that tests need several
        if not page and job.status != "InProgress":
            job.lines += job.ending.late_lines
            job.ending.late_lines = ()
        events = [{"timestamp": 1, "ingestionTime": 1, "message": line} for line in page]
        return {
            "events": events,
            "nextForwardToken": f"f/{first + len(page)}",
            "nextBackwardToken": "b/0",
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                operation = self.headers["X-Amz-Target"].split(".")[1]
                try:
                    status, answer = 200, service.call(operation, body)
                except ServiceError as error:
                    status = error.status
                    answer = {"__type": error.code, "message": error.message}
                content = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args: object) -> None:
                pass

        return Handler


def _instances(job: Job) -> int:
    if job.kind == "ProcessingJob":
        return job.request["ProcessingResources"]["ClusterConfig"]["InstanceCount"]
    return job.request["ResourceConfig"]["InstanceCount"]
