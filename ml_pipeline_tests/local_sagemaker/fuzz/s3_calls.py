"""Malformed requests to S3."""

from random import Random
from urllib.parse import quote

from ml_pipeline_tests.local_sagemaker.fuzz.malformed import Malformed, http, signed
from ml_pipeline_tests.local_sagemaker.fuzz.nasty import TEXTS

_BUCKETS = ["bucket", "bucket", "bucket", "none", "..", ".", "", "Bad_Name", "a" * 64, "x%00y"]
_QUERIES = [
    *(
        "list-type=2",
        "uploads",
        "uploadId=1",
        "uploadId=",
        "partNumber=1",
        "partNumber=x",
        "tagging",
    ),
    *("delete", "acl", "policy", "versioning", "versions", "location", "max-keys=-1", "max-keys=9"),
    *("prefix=%ff", "prefix=..%2f", "delimiter=%00", "marker=%0a", "continuation-token=???"),
    *("continuation-token=////", "start-after=%f0", "encoding-type=url", "encoding-type=x", "%"),
    *("response-content-type=a%0d%0ab", "response-expires=%00", "versionId=1", "x-id=PutObject"),
    *(
        "X-Amz-Expires=1",
        "X-Amz-Date=x",
        "Signature=1&Expires=-1",
        "select&select-type=2",
        "=",
        "&",
    ),
    *(
        "part-number-marker=99999999999",
        "max-parts=0",
        "max-uploads=1e9",
        "key-marker=%00",
        "a=b=c",
    ),
]
_HEADERS = {
    "Range": [
        "bytes=0-",
        "bytes=-0",
        "bytes=9-1",
        "bytes=" + "9" * 5000 + "-",
        "x",
        "bytes=0-1,3-4",
    ],
    "If-Match": ["*", '"', "W/", "é", "," * 1000],
    "If-None-Match": ["*", '"a"', ""],
    "If-Modified-Since": [
        "x",
        "Thu, 99 Foo 2013 00:00:00 GMT",
        "0",
        "Mon, 01 Jan 99999 00:00:00 GMT",
    ],
    "If-Unmodified-Since": ["x", "Sat, 01 Jan 0000 00:00:00 +9999", ""],
    "Content-MD5": ["", "x", "AAAA", "é", "A" * 24],
    "x-amz-copy-source": [
        "",
        "/",
        "bucket",
        "bucket/",
        "bucket/%",
        "//k",
        "bucket/k?versionId=1",
        "é",
        "bucket/../../../etc/passwd",
        "bucket/k",
    ],
    "x-amz-copy-source-range": ["bytes=0-", "bytes=5-1", "x", "bytes=0-999999999999999999999"],
    "x-amz-content-sha256": [
        "x",
        "0" * 64,
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "UNSIGNED-PAYLOAD",
    ],
    "x-amz-decoded-content-length": ["-1", "x", "99999999999999999999", "3", "٣"],
    "x-amz-trailer": ["x-amz-checksum-crc32", "x-amz-checksum-x", "x", ","],
    "x-amz-checksum-crc32": ["", "x", "AAAAAA==", "é"],
    "x-amz-checksum-crc64nvme": ["AAAA", "AAAAAAAAAAA="],
    "x-amz-checksum-algorithm": ["CRC32", "ROT13", ""],
    "x-amz-checksum-type": ["FULL_OBJECT", "x"],
    "x-amz-sdk-checksum-algorithm": ["SHA256", "x"],
    "x-amz-mp-object-size": ["-1", "x", "9" * 5000],
    "x-amz-tagging": ["a=1&a=2", "%", "=&=", "a" * 300, "%ff=%00"],
    "x-amz-meta-a": ["x" * 3000, "é", "\x7f", ""],
    "x-amz-metadata-directive": ["COPY", "REPLACE", "x"],
    "x-amz-storage-class": ["GLACIER", "x", ""],
    "x-amz-server-side-encryption": ["aws:kms", "x"],
    "x-amz-acl": ["public-read", "x"],
    "x-amz-expected-bucket-owner": ["1", ""],
    "Content-Encoding": ["gzip", "aws-chunked", "br,,", "é"],
    "Content-Type": ["", "multipart/form-data; boundary=", "x" * 3000, "é"],
    "Expect": ["100-continue", "x", ""],
    "Expires": ["x", "\x7f"],
}
_OBJECT = "<Object><Key>&b8;</Key></Object>"
_BOMB = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 9))


def _completion(number: bytes) -> bytes:
    part = b"<Part><PartNumber>" + number + b"</PartNumber><ETag>a</ETag></Part>"
    return b"<CompleteMultipartUpload>" + part + b"</CompleteMultipartUpload>"


_DOCUMENTS = [
    b"",
    b"<",
    b"<a/>",
    b"\xff\xfe<\0a\0",
    b"<a>" * 5000,
    b"<Delete>" * 300,
    b"not xml",
    b"\0",
    f'<!DOCTYPE a [<!ENTITY b0 "x">{_BOMB}]><Delete>{_OBJECT}</Delete>'.encode(),
    b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><Tagging><TagSet/></Tagging>',
    b'<?xml version="1.0" encoding="x-unknown"?><Delete/>',
    b'<?xml version="1.0" encoding="utf-16"?><Delete/>',
    b"<Delete><Object><Key>&#0;</Key></Object></Delete>",
    b"<Delete><Object><Key>../../x</Key></Object><Object/></Delete>",
    b"<Delete><Object><Key>" + b"k" * 3000 + b"</Key></Object></Delete>",
    b"<Delete><Object><Key>k</Key><VersionId>1</VersionId></Object></Delete>",
    b"<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>",
    b"<Tagging><TagSet><Tag><Key/><Value/></Tag></TagSet></Tagging>",
    _completion(b"x"),
    _completion(b"9" * 5000),
    b"<CreateBucketConfiguration><LocationConstraint>../\n</LocationConstraint>"
    b"</CreateBucketConfiguration>",
    b"zz\r\nabc",
    b"-1\r\n",
    b"3\r\nabc\r\n0\r\nx-amz-checksum-crc32:!\r\n\r\n",
    b"0\r\n\r\n",
    b"0x3\r\nabc\r\n0\r\n\r\n",
    b"f" * 100 + b"\r\n",
]


def s3_call(random: Random) -> Malformed:
    """Requests to S3."""
    bucket = random.choice(_BUCKETS)
    key = random.choice(
        [
            "",
            "k",
            "k",
            *(quote(text, errors="replace") for text in TEXTS),
            "%",
            "%zz",
            "%ff",
            "../" * 9 + "etc/passwd",
            "..%2f..%2fx",
            "k" * 1100,
        ]
    )
    target = f"/{bucket}/{key}" if random.random() < 0.8 else f"/{bucket}"
    if random.random() < 0.6:
        target += "?" + "&".join(random.sample(_QUERIES, random.randrange(1, 4)))
    names = random.sample(list(_HEADERS), random.randrange(4))
    headers = {name: random.choice(_HEADERS[name]) for name in names}
    if random.random() < 0.5:
        headers |= signed("s3")
    methods = ["GET", "HEAD", "PUT", "POST", "DELETE", "PUT", "POST", "OPTIONS", "PATCH"]
    return http(random.choice(methods), target, headers, random.choice(_DOCUMENTS))
