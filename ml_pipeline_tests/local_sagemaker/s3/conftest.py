"""A real S3 over HTTP on this machine, and real boto3 clients for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from aiohttp import web
from botocore.config import Config

from local_sagemaker.s3.http import SERVER_OPTIONS, S3Handler, meet_expectation
from local_sagemaker.s3.store import ObjectStore

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "a-bucket"


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@contextmanager
def serve(handler: Handler) -> Iterator[int]:
    """Answer requests from a thread; yield the port."""
    loop = asyncio.new_event_loop()

    async def start() -> tuple[web.AppRunner, int]:
        app = web.Application()
        app.router.add_route("*", r"/{path:[\s\S]*}", handler, expect_handler=meet_expectation)
        runner = web.AppRunner(app, shutdown_timeout=1, **SERVER_OPTIONS)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port: int = runner.addresses[0][1]
        return runner, port

    runner, port = loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield port
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        # aiohttp waits some seconds for the rest of bodies that it refused to read.
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left))
        loop.close()


class _Switch:
    """One server and client for all tests, as they take long to make; each test has a store."""

    handler: S3Handler
    port: int
    client: S3Client

    async def handle(self, request: web.Request) -> web.StreamResponse:
        return await self.handler.handle(request)


def make_client(port: int, signature_version: str | None = None) -> S3Client:
    """A boto3 client with default settings but for its endpoint and dummy credentials."""
    return boto3.session.Session().client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(signature_version=signature_version),
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where the store lies."""
    return tmp_path / "s3"


@pytest.fixture
def store(root: Path) -> ObjectStore:
    """A store with one bucket."""
    store = ObjectStore(root)
    store.create_bucket(BUCKET)
    return store


@pytest.fixture(scope="session")
def switch() -> Iterator[_Switch]:
    """The server."""
    switch = _Switch()
    with serve(switch.handle) as switch.port:
        switch.client = make_client(switch.port)
        yield switch


@pytest.fixture
def port(switch: _Switch, store: ObjectStore) -> int:
    """Where the store answers."""
    switch.handler = S3Handler(store)
    return switch.port


@pytest.fixture
def s3(switch: _Switch, port: int) -> S3Client:
    """A client of the store."""
    return switch.client


def files_of(root: Path) -> list[Path]:
    """The files with objects' bytes that lie on the disk."""
    return sorted((root / "blobs").iterdir())
