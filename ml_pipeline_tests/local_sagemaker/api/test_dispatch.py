import pytest
from botocore.auth import S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local_sagemaker.api.dispatch import is_local, is_strange, signed_service


def test_the_service_is_the_one_it_was_signed_for() -> None:
    for service in ("sagemaker", "logs", "s3"):
        request = AWSRequest("POST", "http://127.0.0.1:1/", data=b"{}")
        # Keys of temporary credentials hold slashes.
        SigV4Auth(Credentials("a/b", "secret"), service, "us-east-1").add_auth(request)
        assert signed_service(dict(request.headers), {}) == service


def test_presigned_requests_are_signed_in_the_query() -> None:
    request = AWSRequest("GET", "http://127.0.0.1:1/bucket/key")
    S3SigV4QueryAuth(Credentials("key", "secret"), "s3", "us-east-1").add_auth(request)
    prepared = request.prepare()
    query = dict(pair.split("=") for pair in prepared.url.partition("?")[2].split("&"))
    query["X-Amz-Credential"] = query["X-Amz-Credential"].replace("%2F", "/")
    assert signed_service({}, query) == "s3"


@pytest.mark.parametrize(
    ("authorization", "service"),
    [
        ("AWS4-ECDSA-P256-SHA256 Credential=key/20260101/s3/aws4_request, Signature=0", "s3"),
        ("AWS key:signature", "s3"),
        ("Bearer token", None),
        ("AWS4-HMAC-SHA256 Credential=nonsense, Signature=0", None),
        ("", None),
    ],
)
def test_other_signatures(authorization: str, service: str | None) -> None:
    assert signed_service({"Authorization": authorization}, {}) == service


@pytest.mark.parametrize(
    ("headers", "local"),
    [
        ({"Host": "127.0.0.1:4566"}, True),
        ({"Host": "localhost:4566"}, True),
        ({"Host": "LOCALHOST"}, True),
        ({"Host": "[::1]:4566"}, True),
        ({"Host": "evil.example:4566"}, False),
        ({"Host": "127.0.0.1.evil.example"}, False),
        ({"Host": "[::1"}, False),
        ({"Host": ""}, False),
        ({}, False),
        ({"Host": "127.0.0.1:4566", "Origin": "http://localhost:3000"}, True),
        ({"Host": "127.0.0.1:4566", "Origin": "https://evil.example"}, False),
        ({"Host": "127.0.0.1:4566", "Origin": "null"}, False),
    ],
)
def test_who_may_ask(headers: dict[str, str], local: bool) -> None:
    assert is_local(headers) == local


def test_who_may_ask_under_another_name() -> None:
    names = frozenset({"build.example"})
    assert is_local({"Host": "build.example:80", "Origin": "http://Build.Example"}, names)
    assert is_local({"Host": "localhost"}, names)
    assert not is_local({"Host": "evil.example"}, names)
    assert not is_local({"Host": "build.example", "Origin": "http://evil.example"}, names)


@pytest.mark.parametrize(
    ("site", "mode", "method", "service", "strange"),
    [
        (None, None, "POST", "sagemaker", False),  # no browser
        ("none", "navigate", "GET", None, False),  # typed into the address bar
        ("same-origin", "cors", "GET", None, False),
        ("cross-site", "navigate", "GET", None, False),  # a link to a job's page
        ("cross-site", "navigate", "GET", "s3", False),  # a link to an object
        ("cross-site", "navigate", "POST", None, True),
        ("cross-site", "navigate", "GET", "sqs", True),  # those can be told to act by a GET
        ("cross-site", "no-cors", "GET", None, True),  # an image
        ("same-site", "no-cors", "GET", None, True),  # another port of this machine
        ("cross-site", None, "GET", None, True),
    ],
)
def test_what_browsers_send_for_other_sites(
    site: str | None, mode: str | None, method: str, service: str | None, strange: bool
) -> None:
    sent = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}
    headers = {name: value for name, value in sent.items() if value is not None}
    assert is_strange(headers, method, service) == strange
