"""The web pages' addresses, and what is answered to them."""

import json
import mimetypes
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local_sagemaker.feature_store.overview import overview as feature_groups
from local_sagemaker.kinds import KINDS
from local_sagemaker.log_files import LogFiles
from local_sagemaker.pipelines.store import PipelineStore
from local_sagemaker.records.store import Job, JobStore
from local_sagemaker.web.detail import detail, streams
from local_sagemaker.web.log_tail import read_on
from local_sagemaker.web.overview import Filter, overview
from local_sagemaker.web.pipelines import execution, executions
from local_sagemaker.web.secrets import SecretMask

if TYPE_CHECKING:
    from jinja2 import Environment

PREFIX = "/_jobs/"
"""No bucket can be called that, so no object is hidden by it."""

_PIPELINES = "pipelines"
_STATIC = ("page.js", "style.css")
_SECURITY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Answer:
    """A page, a part of one, or an error.

    Args:
        status: The HTTP status.
        content_type: The body's, without its charset.
        body: UTF-8.
        headers: More headers.
    """

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str]


class Pages:
    """Answers the addresses ``/`` and ``/_jobs/...``.

    Args:
        store: Where jobs are recorded.
        logs: Where their logs are.
        features: The file of the feature store.
        pipelines: Where pipelines are recorded.
        about: Version and home, for the foot of each page.
    """

    def __init__(
        self,
        store: JobStore,
        logs: LogFiles,
        features: Path,
        pipelines: PipelineStore,
        about: Mapping[str, str],
    ) -> None:
        self._store = store
        self._features = features
        self._logs = logs
        self._pipelines = pipelines
        self._about = about

    def answer(self, path: str, query: Mapping[str, str]) -> Answer:
        """Answer a GET request.

        Args:
            path: ``/``, or one that begins with ``PREFIX``; decoded.
            query: The rest of the URL.
        """
        if path == "/":
            groups = feature_groups(self._features)
            jobs = overview(self._store, Filter.of(query))
            return self._page("jobs.html", feature_groups=groups, **jobs)
        parts = path.removeprefix(PREFIX).split("/")
        if len(parts) == 1 and parts[0] in _STATIC:
            return _static(parts[0])
        if parts[0] == _PIPELINES:
            return self._pipeline_page(path, parts[1:])
        job = self._job(parts)
        if job is None:
            return self._page("missing.html", status=404, path=path)
        if parts[2:] == ["log"]:
            return self._log(job, query)
        return self._page("job.html", **detail(job, self._store.tags(job.arn), self._logs))

    def _pipeline_page(self, path: str, parts: list[str]) -> Answer:
        if not parts:
            return self._page("executions.html", **executions(self._pipelines))
        found = self._pipelines.execution(parts[1]) if len(parts) == 2 else None
        if found is None or found.pipeline != parts[0]:
            return self._page("missing.html", status=404, path=path)
        return self._page("execution.html", **execution(self._pipelines, found))

    def _job(self, parts: list[str]) -> Job | None:
        if parts[0] in KINDS and (len(parts) == 2 or parts[2:] == ["log"]):
            return self._store.get(KINDS[parts[0]], parts[1])
        return None

    def _log(self, job: Job, query: Mapping[str, str]) -> Answer:
        names = streams(job, self._logs)
        stream = query.get("stream", "")
        if stream not in names:
            return _json({"lines": [], "next": 0, "skipped": False, "streams": names})
        text = query.get("next", "")
        position = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
        read = read_on(self._logs, job.kind.log_group, stream, position)
        mask = SecretMask(job.request)
        lines = [(moment, mask.text(line)) for moment, line in read["lines"]]
        return _json({**read, "lines": lines, "streams": names})

    def _page(self, template: str, status: int = 200, **values: Any) -> Answer:
        text = self._templates.get_template(template).render(about=self._about, **values)
        return Answer(status, "text/html", text.encode(), _SECURITY)

    @cached_property
    def _templates(self) -> "Environment":
        # Not before a page is asked for: the daemon starts without it.
        from jinja2 import Environment, PackageLoader, StrictUndefined

        templates = Environment(
            loader=PackageLoader("local_sagemaker.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        templates.filters["iso"] = _iso
        return templates


def _iso(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def _json(value: Mapping[str, Any]) -> Answer:
    return Answer(200, "application/json", json.dumps(value).encode(), _SECURITY)


def _static(name: str) -> Answer:
    body = (resources.files("local_sagemaker.web") / "static" / name).read_bytes()
    return Answer(200, mimetypes.guess_type(name)[0] or "text/plain", body, _SECURITY)
