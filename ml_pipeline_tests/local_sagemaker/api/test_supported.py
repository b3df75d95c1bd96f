from pathlib import Path

from local_sagemaker.api.supported import markdown

DOCS = Path(__file__).parents[3] / "docs"


def test_the_page_in_the_docs_is_what_the_code_says() -> None:
    assert (DOCS / "supported.md").read_text(encoding="utf-8") == markdown(), (
        "make it anew: python -m local_sagemaker.api.supported > docs/supported.md"
    )


def test_it_tells_of_every_operation() -> None:
    for operation in ("UpdateTrainingJob", "DeleteProcessingJob", "GetLogEvents", "UploadPartCopy"):
        assert operation in markdown()
