"""The pages in a real browser: what changes appears by itself, and the keyboard suffices."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from local_sagemaker.log_files import LogFiles
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.local_sagemaker.daemons import processing_request, running_daemon

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
GROUP = "/aws/sagemaker/ProcessingJobs"
# It looks for nothing on the network, and runs as root in CI.
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on PATH")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    with running_daemon(tmp_path_factory.mktemp("browser") / "home") as one:
        yield one


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    page.set_default_timeout(30_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    page.close()
    assert errors == []


expect.set_options(timeout=30_000)


def test_a_job_is_found_and_followed_with_the_keyboard_alone(
    service: LocalService, page: Page, tmp_path: Path
) -> None:
    client = service.client("sagemaker")
    client.create_processing_job(**processing_request("other", "wait"))
    client.create_processing_job(**processing_request("wanted", "wait"))
    page.goto(service.url)
    expect(page.locator(".status")).to_have_count(2)
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to content")
    for _ in range(5):
        page.keyboard.press("Tab")
    page.keyboard.type("wanted")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("button").focus()
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("wanted")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("wanted")
    expect(page.locator(".status")).to_have_text("InProgress")

    # The log grows, a second host begins to write, and the job ends: nobody reloads.
    logs = LogFiles(service.home.logs)
    one = logs.writer(GROUP, "wanted/algo-1-1")
    one.write("epoch 1")
    expect(page.locator("#log")).to_have_text("epoch 1\n")
    one.write("<b>epoch 2</b>")
    expect(page.locator("#log")).to_have_text("epoch 1\n<b>epoch 2</b>\n")
    logs.writer(GROUP, "wanted/algo-2-1").write("hello from the other")
    expect(page.locator("#streams option")).to_have_text(["algo-1-1", "algo-2-1"])
    page.locator("#streams").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#log")).to_have_text("hello from the other\n")
    client.stop_processing_job(ProcessingJobName="wanted")
    expect(page.locator(".status")).to_have_text("Stopped")


def test_the_list_follows_what_happens_and_keeps_the_focus(
    service: LocalService, page: Page
) -> None:
    client = service.client("sagemaker")
    client.create_processing_job(**processing_request("seen-first", "wait"))
    page.goto(f"{service.url}/?name=seen")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="seen-first").focus()
    client.create_processing_job(**processing_request("seen-second", "die"))
    expect(page.locator("tbody tr").first).to_contain_text("Failed")
    expect(page.locator("tbody tr").first).to_contain_text("InternalServerError")
    expect(page.locator(":focus")).to_have_text("seen-first")


def test_a_service_that_was_away_is_found_again(
    tmp_path: Path, page: Page, service: LocalService
) -> None:
    client = service.client("sagemaker")
    client.create_processing_job(**processing_request("patient", "wait"))
    page.goto(f"{service.url}/_jobs/processing/patient")
    expect(page.locator(".status")).to_have_text("InProgress")
    page.context.set_offline(True)
    client.stop_processing_job(ProcessingJobName="patient")
    page.wait_for_timeout(2500)
    expect(page.locator(".status")).to_have_text("InProgress")
    page.context.set_offline(False)
    expect(page.locator(".status")).to_have_text("Stopped")
