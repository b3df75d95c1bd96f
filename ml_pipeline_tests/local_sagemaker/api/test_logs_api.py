"""The log operations as clients use them: boto3 against a running daemon."""

import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.api.log_filtering import filter_log_events
from local_sagemaker.log_files import LogFiles
from ml_pipeline_tests.conftest import LocalService

GROUP = "/aws/sagemaker/TrainingJobs"


class Streams:
    """Log streams with times that a test chooses."""

    def __init__(self, service: LocalService, prefix: str) -> None:
        self._files = LogFiles(service.home.logs)
        self._folder = service.home.logs / quote(GROUP, safe="")
        self.prefix = prefix
        self.client = service.client("logs")

    def write(self, stream: str, *events: tuple[int, str]) -> str:
        name = f"{self.prefix}{stream}"
        self._files.writer(GROUP, name).close()
        with (self._folder / quote(name, safe="")).open("a") as file:
            file.writelines(f"{time} {message}\n" for time, message in events)
        return name

    def get(self, stream: str, **members: Any) -> tuple[list[str], str, str]:
        answer = self.client.get_log_events(
            logGroupName=GROUP, logStreamName=f"{self.prefix}{stream}", **members
        )
        messages = [event["message"] for event in answer["events"]]
        return messages, answer["nextForwardToken"], answer["nextBackwardToken"]

    def filter(self, **members: Any) -> list[str]:
        pages = self.client.get_paginator("filter_log_events").paginate(
            logGroupName=GROUP, logStreamNamePrefix=self.prefix, **members
        )
        return [event["message"] for page in pages for event in page["events"]]


@pytest.fixture
def streams(scripted_service: LocalService, request: pytest.FixtureRequest) -> Iterator[Streams]:
    yield Streams(scripted_service, f"{request.node.name}/")


def code(call: Any, **members: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**members)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_reading_to_the_end_and_on(streams: Streams) -> None:
    lines = [(number, f"line {number}") for number in range(1, 6)]
    streams.write("a", *lines)
    messages, token, _ = streams.get("a", startFromHead=True, limit=3)
    assert messages == ["line 1", "line 2", "line 3"]
    messages, token, _ = streams.get("a", startFromHead=True, nextToken=token)
    assert messages == ["line 4", "line 5"]
    assert streams.get("a", startFromHead=True, nextToken=token)[:2] == ([], token)
    streams.write("a", (6, "line 6"))
    # dagster_aws follows forward tokens without startFromHead.
    assert streams.get("a", nextToken=token)[0] == ["line 6"]


def test_the_newest_page_comes_first_by_default(streams: Streams) -> None:
    streams.write("a", *((number, str(number)) for number in range(10)))
    messages, forward, backward = streams.get("a", limit=3)
    assert messages == ["7", "8", "9"]
    assert streams.get("a", nextToken=forward)[0] == []
    messages, _, backward = streams.get("a", limit=5, nextToken=backward)
    assert messages == ["2", "3", "4", "5", "6"]
    messages, forward, backward = streams.get("a", limit=5, nextToken=backward)
    assert messages == ["0", "1"]
    assert streams.get("a", nextToken=backward)[::2] == ([], backward)
    assert streams.get("a", limit=1, nextToken=forward)[0] == ["2"]


def test_start_is_inclusive_and_end_is_not(streams: Streams) -> None:
    streams.write("a", (10, "a"), (20, "b"), (20, "c"), (30, "d"))
    assert streams.get("a", startTime=20, endTime=30, startFromHead=True)[0] == ["b", "c"]
    assert streams.get("a", startTime=20, endTime=30)[0] == ["b", "c"]
    assert streams.get("a", startTime=31, startFromHead=True)[0] == []
    _, token, _ = streams.get("a", startTime=31, startFromHead=True)
    streams.write("a", (40, "e"))
    assert streams.get("a", startTime=31, startFromHead=True, nextToken=token)[0] == ["e"]


@pytest.mark.parametrize("from_head", [True, False])
def test_a_page_holds_a_megabyte_and_nothing_is_lost(streams: Streams, from_head: bool) -> None:
    lines = [f"{number} {'x' * 100_000}" for number in range(25)]
    streams.write("a", *enumerate(lines))
    found: list[str] = []
    members: dict[str, Any] = {"startFromHead": from_head}
    while True:
        page, forward, backward = streams.get("a", **members)
        if not page:
            break
        assert len(page) == 10 or len(found) == 20
        found = found + page if from_head else page + found
        members["nextToken"] = forward if from_head else backward
    assert found == lines


def test_streams_of_a_job(streams: Streams) -> None:
    names = [streams.write(f"algo-{number}-5", (number, "line")) for number in (2, 1, 3)]
    describe = streams.client.describe_log_streams
    answer = describe(
        logGroupName=GROUP, logStreamNamePrefix=streams.prefix, orderBy="LogStreamName", limit=3
    )
    assert [stream["logStreamName"] for stream in answer["logStreams"]] == sorted(names)
    # SDK 2 asks again for ever if there is a token.
    assert "nextToken" not in answer
    answer = describe(logGroupName=GROUP, logStreamNamePrefix=streams.prefix, limit=2)
    rest = describe(
        logGroupName=GROUP, logStreamNamePrefix=streams.prefix, nextToken=answer["nextToken"]
    )
    assert [stream["logStreamName"] for stream in rest["logStreams"]] == [max(names)]
    identifier = f"arn:aws:logs:us-east-1:000000000000:log-group:{GROUP}"
    answer = describe(logGroupIdentifier=identifier, orderBy="LastEventTime", descending=True)
    assert names[2] in [stream["logStreamName"] for stream in answer["logStreams"]]


def test_groups(streams: Streams) -> None:
    streams.write("a", (1, "line"))
    describe = streams.client.describe_log_groups
    [group] = describe(logGroupNamePrefix="/aws/sagemaker/Tr")["logGroups"]
    assert group["logGroupName"] == GROUP
    assert group["arn"].endswith(f"{GROUP}:*")
    assert len(describe(logGroupNamePattern="trainingjobs")["logGroups"]) == 1
    assert describe(logGroupNamePrefix="/none")["logGroups"] == []


def test_what_is_not_there(streams: Streams) -> None:
    missing = "ResourceNotFoundException"
    client = streams.client
    streams.write("a", (1, "line"))
    assert code(client.describe_log_streams, logGroupName="none") == (
        missing,
        "The specified log group does not exist.",
    )
    assert code(client.get_log_events, logGroupName="none", logStreamName="a") == (
        missing,
        "The specified log group does not exist.",
    )
    assert code(client.get_log_events, logGroupName=GROUP, logStreamName="none") == (
        missing,
        "The specified log stream does not exist.",
    )
    assert code(client.filter_log_events, logGroupName="none")[0] == missing


@pytest.mark.parametrize("token", ["garbage", "f/", "f/-1", "f/" + "9" * 99, "é"])
def test_tokens_that_are_not_ours(streams: Streams, token: str) -> None:
    stream = streams.write("a", (1, "line"))
    invalid = "InvalidParameterException"
    for call, members in (
        (streams.client.get_log_events, {"logStreamName": stream}),
        (streams.client.describe_log_streams, {}),
        (streams.client.filter_log_events, {}),
    ):
        assert code(call, logGroupName=GROUP, nextToken=token, **members)[0] == invalid


def test_a_token_that_points_anywhere_does_no_harm(streams: Streams) -> None:
    streams.write("a", (1, "line one"), (2, "line two"))
    for offset in (3, 10**17):
        for direction in "fb":
            messages, _, _ = streams.get("a", nextToken=f"{direction}/{offset}")
            assert len(messages) <= 2


def test_requests_that_break_the_model(streams: Streams) -> None:
    invalid = "InvalidParameterException"
    client = streams.client
    assert code(client.get_log_events, logGroupName=GROUP, logStreamName="a", limit=10001) == (
        invalid,
        "1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: "
        "Member must have value less than or equal to 10000",
    )
    assert code(client.describe_log_streams)[0] == invalid
    assert code(client.create_log_group, logGroupName="a")[0] == invalid


def test_filtering_merges_streams_by_time(streams: Streams) -> None:
    first = streams.write("a", (1, "one"), (3, "three"), (5, "five"))
    streams.write("b", (2, "two"), (3, "also three"), (4, "four"))
    expected = ["one", "two", "three", "also three", "four", "five"]
    assert streams.filter() == expected
    assert streams.filter(limit=1) == expected
    assert streams.filter(startTime=3, endTime=4) == ["three", "also three", "four"]
    answer = streams.client.filter_log_events(logGroupName=GROUP, logStreamNames=[first])
    assert [event["logStreamName"] for event in answer["events"]] == [first] * 3
    assert len({event["eventId"] for event in answer["events"]}) == 3
    assert "nextToken" not in answer


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("ERROR", ["ERROR disk", "ERROR net"]),
        ("ERROR disk", ["ERROR disk"]),
        ("ERROR -net", ["ERROR disk"]),
        ("?net ?fine", ["ERROR net", "all fine"]),
        ('"l f"', ["all fine"]),
        (" ", ["ERROR disk", "ERROR net", "all fine"]),
    ],
)
def test_filter_patterns(streams: Streams, pattern: str, expected: list[str]) -> None:
    streams.write("a", (1, "ERROR disk"), (2, "ERROR net"), (3, "all fine"))
    assert streams.filter(filterPattern=pattern) == expected


def test_filters_that_are_not_known_are_refused(streams: Streams) -> None:
    streams.write("a", (1, "line"))
    for members in ({"filterPattern": "{ $.a = 1 }"}, {"startFromHead": False}):
        found = code(streams.client.filter_log_events, logGroupName=GROUP, **members)
        assert found[0] == "InvalidParameterException"
        assert "not supported by the local CloudWatch Logs" in found[1]


def test_filtering_more_streams_than_files_may_be_open(tmp_path: Path) -> None:
    files = LogFiles(tmp_path)
    for number in range(60):
        writer = files.writer(GROUP, f"stream-{number}")
        for line in range(3):
            writer.write(f"{number}/{line}")
        writer.close()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len([*Path("/proc/self/fd").iterdir()]) + 30, hard))
    try:
        answer = filter_log_events(files, {"logGroupName": GROUP})
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert len(answer["events"]) == 180
