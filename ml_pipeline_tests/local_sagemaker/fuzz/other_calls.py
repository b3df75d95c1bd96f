"""Malformed requests for what is this service's own, and for other services."""

from random import Random
from urllib.parse import quote

from ml_pipeline_tests.local_sagemaker.fuzz.malformed import Malformed, http, signed
from ml_pipeline_tests.local_sagemaker.fuzz.nasty import HOSTILE_JSON, TEXTS, anything, as_json


def own_call(random: Random) -> Malformed:
    """Requests for what is this service's own: health, pages, administration."""
    places = [
        "/",
        "/_health",
        "/_admin/faults",
        "/_admin",
        "/_admin/faults/x",
        "/_jobs/",
        "/_health/x",
    ]
    text = quote(random.choice(TEXTS), errors="replace")
    target = random.choice(places) + random.choice(["", text, f"/{text}", f"?{text}={text}", "?%"])
    target += random.choice(["", "/processing/..%2f..%2fx", "/training/a/log?after=-1&token=%00"])
    method = random.choice(["GET", "GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "FOO"])
    kind = random.choice(["application/json", "text/plain", "", "application/json; charset=x"])
    body = as_json(anything(random), random)
    if random.random() < 0.2:
        body = random.choice(HOSTILE_JSON)
    return http(method, target, {"Content-Type": kind}, body)


def other_service(random: Random) -> Malformed:
    """Requests for the services that are not ours."""
    name = random.choice(["sqs", "sts", "iam", "events", "nonsense", "../..", "é"])
    body = random.choice(
        [*HOSTILE_JSON[:18], b"Action=ListUsers&Version=%", b"Action=%00", b"Action="]
    )
    headers = {
        **signed(name),
        "X-Amz-Target": random.choice(["", "AmazonSQS.Fly", "AmazonSQS.ListQueues"]),
    }
    target = random.choice(["/", "/?Action=x", "/x/y", "/%00", "/000000000000/queue"])
    return http(random.choice(["GET", "POST", "PUT"]), target, headers, body)
