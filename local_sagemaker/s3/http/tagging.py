"""Tag sets of buckets and objects."""

from collections.abc import Mapping
from functools import partial

from aiohttp import web

from local_sagemaker.s3.errors import S3Error
from local_sagemaker.s3.http.body import read_document
from local_sagemaker.s3.http.call import Call
from local_sagemaker.s3.http.documents import document, parse, text_of
from local_sagemaker.s3.http.headers import check_tags

_MAX_BUCKET_TAGS = 50


async def get_object_tagging(call: Call) -> web.StreamResponse:
    """The tags of an object."""
    stored = await call.in_thread(partial(call.store.objects.get, call.bucket, call.key))
    return _answer(stored.attributes.tags)


async def put_object_tagging(call: Call) -> web.StreamResponse:
    """Replace the tags of an object."""
    tags = check_tags(await _read(call))
    await call.in_thread(partial(call.store.objects.tag, call.bucket, call.key, tags))
    return web.Response()


async def delete_object_tagging(call: Call) -> web.StreamResponse:
    """Remove the tags of an object."""
    await call.in_thread(partial(call.store.objects.tag, call.bucket, call.key, {}))
    return web.Response(status=204)


async def get_bucket_tagging(call: Call) -> web.StreamResponse:
    """The tags of a bucket; to have none is an error, as in S3."""
    bucket = await call.in_thread(partial(call.store.bucket, call.bucket))
    if not bucket.tags:
        raise S3Error("NoSuchTagSet", BucketName=call.bucket)
    return _answer(bucket.tags)


async def put_bucket_tagging(call: Call) -> web.StreamResponse:
    """Replace the tags of a bucket."""
    tags = check_tags(await _read(call), _MAX_BUCKET_TAGS)
    await call.in_thread(partial(call.store.tag_bucket, call.bucket, tags))
    return web.Response(status=204)


async def delete_bucket_tagging(call: Call) -> web.StreamResponse:
    """Remove the tags of a bucket."""
    await call.in_thread(partial(call.store.tag_bucket, call.bucket, {}))
    return web.Response(status=204)


def _answer(tags: Mapping[str, str]) -> web.StreamResponse:
    items = [("Tag", [("Key", name), ("Value", value)]) for name, value in tags.items()]
    return document("Tagging", [("TagSet", items)])


async def _read(call: Call) -> list[tuple[str, str]]:
    tree = parse(await read_document(call), "Tagging")
    return [(text_of(tag, "Key"), text_of(tag, "Value")) for tag in tree.iterfind("TagSet/Tag")]
