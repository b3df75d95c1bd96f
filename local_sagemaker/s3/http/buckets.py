"""Operations on buckets."""

from functools import partial

from aiohttp import web

from local_sagemaker.s3.http.body import read_document
from local_sagemaker.s3.http.call import Call
from local_sagemaker.s3.http.documents import (
    NAMESPACE,
    Element,
    document,
    iso_date,
    parse,
)
from local_sagemaker.s3.http.owner import owner
from local_sagemaker.s3.http.tokens import decode_token, encode_token
from local_sagemaker.s3.names import check_location
from local_sagemaker.s3.records import BucketInfo

REGION = "us-east-1"
_MAX_BUCKETS = 10_000


async def list_buckets(call: Call) -> web.StreamResponse:
    """All buckets, or a page of them."""
    prefix, region = call.query.get("prefix", ""), call.query.get("bucket-region")
    limit = call.number("max-buckets", _MAX_BUCKETS, lowest=1, highest=_MAX_BUCKETS)
    after = decode_token(call.query.get("continuation-token", ""))
    found = [
        bucket
        for bucket in await call.in_thread(call.store.list_buckets)
        if bucket.name.startswith(prefix)
        and bucket.name > after
        and region in (None, bucket.location or REGION)
    ]
    children: list[Element] = [
        owner(),
        ("Buckets", [_bucket(each) for each in found[:limit]]),
        ("Prefix", prefix or None),
        ("ContinuationToken", encode_token(found[limit - 1].name) if found[limit:] else None),
    ]
    return document("ListAllMyBucketsResult", children)


async def create_bucket(call: Call) -> web.StreamResponse:
    """Create a bucket."""
    body, location = await read_document(call), ""
    if body.strip():
        configuration = parse(body, "CreateBucketConfiguration")
        location = configuration.findtext("LocationConstraint") or ""
    if location:
        check_location(location)
    await call.in_thread(partial(call.store.create_bucket, call.bucket, location))
    return web.Response(headers={"Location": f"/{call.bucket}"})


async def head_bucket(call: Call) -> web.StreamResponse:
    """Tell whether a bucket exists, and its region."""
    bucket = await call.in_thread(partial(call.store.bucket, call.bucket))
    return web.Response(headers={"x-amz-bucket-region": bucket.location or REGION})


async def delete_bucket(call: Call) -> web.StreamResponse:
    """Delete an empty bucket."""
    await call.in_thread(partial(call.store.delete_bucket, call.bucket))
    return web.Response(status=204)


async def get_bucket_location(call: Call) -> web.StreamResponse:
    """The region of a bucket; empty for us-east-1, as in S3."""
    bucket = await call.in_thread(partial(call.store.bucket, call.bucket))
    text = f'<LocationConstraint xmlns="{NAMESPACE}">{bucket.location}</LocationConstraint>'
    headers = {"Content-Type": "application/xml"}
    return web.Response(body=text.encode(), headers=headers)


async def get_bucket_versioning(call: Call) -> web.StreamResponse:
    """No bucket here is versioned."""
    await call.in_thread(partial(call.store.bucket, call.bucket))
    return document("VersioningConfiguration", [])


def _bucket(bucket: BucketInfo) -> Element:
    return (
        "Bucket",
        [
            ("Name", bucket.name),
            ("CreationDate", iso_date(bucket.created)),
            ("BucketRegion", bucket.location or REGION),
        ],
    )
