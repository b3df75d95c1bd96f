"""What is no HTTP, or not quite."""

from random import Random

from ml_pipeline_tests.local_sagemaker.fuzz.malformed import Malformed, signed

_HEADS = [
    b"",
    b"\r\n\r\n",
    b"\0" * 100,
    b"GET\r\n\r\n",
    b"GET /\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n folded\r\n\r\n",
    b"GET / HTTP/1.1\nHost: localhost\n\n",
    b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"CONNECT localhost:22 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + b"\xaa" * 200,
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
]
_FRAMES = [
    b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    b"Content-Length: -1\r\n\r\n",
    b"Content-Length: 99999999999999999999\r\n\r\nabc",
    b"Content-Length: 10\r\n\r\nabc",
    b"Content-Length: 0x3\r\n\r\nabc",
    b"Content-Length: 3, 3\r\n\r\nabc",
    b"Content-Length: +3\r\n\r\nabc",
    b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n3\r\nab",
    b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 300 + b"\r\n",
    b"Transfer-Encoding: gzip\r\n\r\nabc",
    b"Transfer-Encoding: chunked\r\n\r\n3;" + b"x" * 70_000 + b"\r\nabc\r\n0\r\n\r\n",
    b"Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n",
    b"Expect: 100-continue\r\n\r\n",
    b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    b"Content-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n",
]


def broken_http(random: Random) -> Malformed:
    """What is no HTTP, or not quite."""
    chance = random.random()
    if chance < 0.3:
        return Malformed(random.choice(_HEADS), framed=False)
    if chance < 0.4:
        return Malformed(random.randbytes(random.randrange(1, 2000)), framed=False)
    method = random.choice([b"POST", b"PUT", b"GET", b"DELETE"])
    target = random.choice(
        [b"/", b"/bucket/k", b"/bucket/k?uploadId=1&partNumber=1", b"/_admin/faults"]
    )
    service = random.choice(["sagemaker", "logs", "s3", "sqs"])
    headers = "".join(f"{name}: {value}\r\n" for name, value in signed(service).items()).encode()
    start = b"%s %s HTTP/1.1\r\nHost: localhost\r\n%s" % (method, target, headers)
    data = start + random.choice(_FRAMES)
    if chance < 0.6:
        changed = bytearray(data)
        for _ in range(random.randrange(1, 4)):
            changed[random.randrange(len(changed))] = random.randrange(256)
        data = bytes(changed)
    return Malformed(data, framed=False)
