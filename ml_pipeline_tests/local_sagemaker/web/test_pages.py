"""The pages as a browser without JavaScript gets them."""

import http.client
import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from local_sagemaker.log_files import LogFiles
from local_sagemaker.web.overview import PAGE_SIZE
from local_sagemaker.web.timing import span
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.local_sagemaker.daemons import (
    processing_request,
    running_daemon,
    training_request,
    wait_for,
)

GROUP = "/aws/sagemaker/ProcessingJobs"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    with running_daemon(tmp_path_factory.mktemp("page") / "home") as one:
        yield one


def get(service: LocalService, path: str) -> tuple[http.client.HTTPResponse, str]:
    with closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer, answer.read().decode()


def names(page: str) -> list[str]:
    return re.findall(r'href="/_jobs/(?:processing|training)/([^"]+)"', page)


def create(service: LocalService, name: str, script: str = "complete", **members: object) -> None:
    client = service.client("sagemaker")
    client.create_processing_job(**processing_request(name, script, **members))
    ended = {"complete": "Completed", "die": "Failed", "wait": "InProgress"}[script]
    wait_for(
        lambda: (
            client.describe_processing_job(ProcessingJobName=name)["ProcessingJobStatus"] == ended
        )
    )


def test_a_home_without_jobs_says_how_to_start_one(tmp_path: Path) -> None:
    with running_daemon(tmp_path / "home") as service:
        answer, page = get(service, "/")
    assert answer.status == 200
    assert "No jobs yet" in page
    assert "ml-pipeline local env" in page


def test_jobs_are_listed_newest_first_and_can_be_selected(service: LocalService) -> None:
    create(service, "listed-a")
    create(service, "listed-b", "die")
    service.client("sagemaker").create_training_job(**training_request("listed-c", "wait"))
    _, page = get(service, "/?name=listed")
    assert names(page) == ["listed-c", "listed-b", "listed-a"]
    assert names(get(service, "/?name=listed&kind=training")[1]) == ["listed-c"]
    assert names(get(service, "/?name=listed&status=Failed")[1]) == ["listed-b"]
    assert names(get(service, "/?name=listed&status=Nonsense&before=x")[1]) == names(page)
    assert "No such jobs" in get(service, "/?name=nobody")[1]
    assert "1 × ml.m5.large" in page  # noqa: RUF001
    assert "InternalServerError" in page


def test_older_jobs_are_a_link_away(service: LocalService) -> None:
    client = service.client("sagemaker")
    for number in range(PAGE_SIZE + 3):
        client.create_processing_job(**processing_request(f"paged-{number:02}", "complete"))
    _, first = get(service, "/?name=paged-")
    [older] = re.findall(r'href="(/\?[^"]*before=[^"]*)"', first)
    _, second = get(service, older.replace("&amp;", "&"))
    assert names(first) + names(second) == [
        f"paged-{number:02}" for number in reversed(range(PAGE_SIZE + 3))
    ]
    assert "before=" not in second


def test_a_job_has_a_page_with_all_there_is_to_know(service: LocalService) -> None:
    source = {"S3Uri": "s3://bucket/in/", "LocalPath": "/opt/ml/processing/input/raw"}
    create(
        service,
        "whole",
        "die",
        Tags=[{"Key": "team", "Value": "blue"}],
        ProcessingInputs=[
            {"InputName": "raw", "S3Input": {**source, "S3DataType": "S3Prefix"}},
        ],
    )
    answer, page = get(service, "/_jobs/processing/whole")
    assert answer.status == 200
    for text in ("s3://bucket/in/", "supervisor", "team", "blue", "arn:aws:sagemaker"):
        assert text in page


def test_what_a_request_holds_is_text_and_never_markup(service: LocalService) -> None:
    attack = "<script>alert(1)</script>"
    create(service, "attack", Environment={"SCRIPT": "complete", "X": attack})
    _, page = get(service, "/_jobs/processing/attack")
    assert attack not in page
    assert "&lt;script&gt;" in page
    _, page = get(service, f"/?name={quote(attack)}")
    assert attack not in page


@pytest.mark.parametrize(
    "path",
    [
        "/_jobs/processing/nobody",
        "/_jobs/nothing/whole",
        "/_jobs/",
        "/_jobs/../../etc/passwd",
        "/_jobs/..%2f..%2fpages.py",
        "/_jobs/static%2fpage.js",
        "/_jobs/processing/nobody/log",
        "/_jobs/processing/%00",
    ],
)
def test_what_is_not_there_is_not_found(service: LocalService, path: str) -> None:
    answer, page = get(service, path)
    assert answer.status == 404
    assert "root:" not in page


@pytest.mark.parametrize("path", ["/", "/_jobs/page.js", "/_jobs/style.css", "/_jobs/nothing"])
def test_pages_may_load_nothing_from_elsewhere(service: LocalService, path: str) -> None:
    answer, page = get(service, path)
    assert "default-src 'none'" in str(answer.getheader("Content-Security-Policy"))
    assert answer.getheader("X-Content-Type-Options") == "nosniff"
    assert "https://" not in page


def test_a_log_is_read_on_from_where_the_last_answer_ended(service: LocalService) -> None:
    create(service, "logged")
    writer = LogFiles(service.home.logs).writer(GROUP, "logged/algo-1-1")
    writer.write("first")
    path = "/_jobs/processing/logged/log?stream=logged%2Falgo-1-1"
    one = json.loads(get(service, path)[1])
    assert [line for _, line in one["lines"]] == ["first"]
    assert one["streams"] == ["logged/algo-1-1"]
    writer.write("second")
    two = json.loads(get(service, f"{path}&next={one['next']}")[1])
    assert [line for _, line in two["lines"]] == ["second"]
    assert json.loads(get(service, f"{path}&next={two['next']}")[1])["lines"] == []
    assert json.loads(get(service, f"{path}&next=9999999")[1])["lines"] == []
    assert json.loads(get(service, f"{path}&next=nonsense")[1])["lines"] == [
        *one["lines"],
        *two["lines"],
    ]
    writer.close()


def test_only_the_end_of_a_long_log_is_sent_first(service: LocalService) -> None:
    create(service, "chatty")
    writer = LogFiles(service.home.logs).writer(GROUP, "chatty/algo-1-1")
    for number in range(12):
        writer.write(f"{number}".ljust(100_000, "."))
    writer.close()
    read = json.loads(get(service, "/_jobs/processing/chatty/log?stream=chatty%2Falgo-1-1")[1])
    assert read["skipped"]
    assert [line[:2] for _, line in read["lines"]][-1] == "11"
    assert len(read["lines"]) < 7


def test_logs_of_other_jobs_cannot_be_read_through_a_job(service: LocalService) -> None:
    create(service, "mine")
    LogFiles(service.home.logs).writer(GROUP, "other/algo-1-1").write("secret")
    for stream in ("other/algo-1-1", "../../jobs.db", ""):
        path = f"/_jobs/processing/mine/log?stream={quote(stream, safe='')}"
        assert json.loads(get(service, path)[1])["lines"] == []


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0.0 s"),
        (0.44, "0.4 s"),
        (12.3, "12 s"),
        (185, "3 min 5 s"),
        (7440, "2 h 4 min"),
        (3 * 86400 + 3601, "3 d 1 h"),
    ],
)
def test_lengths_of_time_are_in_words(seconds: float, text: str) -> None:
    assert span(seconds) == text
