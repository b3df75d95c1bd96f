"""When moto itself is what is wrong."""

import asyncio

import pytest
from aiohttp.test_utils import make_mocked_request

from local_sagemaker.api import moto_bridge


def test_a_moto_that_cannot_be_imported_is_an_error_that_clients_can_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken() -> None:
        raise ImportError("no module named werkzeug")

    async def ask() -> tuple[int, str]:
        bridge = moto_bridge.MotoBridge()
        answer = await bridge.handle(make_mocked_request("POST", "/"))
        bridge.close()
        return answer.status, answer.text or ""

    monkeypatch.setattr(moto_bridge, "_moto", broken)
    status, text = asyncio.run(ask())
    assert status == 400
    assert "<Message>moto cannot be imported: no module named werkzeug</Message>" in text
