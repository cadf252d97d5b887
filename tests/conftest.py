"""What several test folders share."""

from pathlib import Path

import pytest

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The corpus of real characters beside the checkout."""
    if not CORPUS.is_dir():
        pytest.skip("the corpus folder ../shared/corpus is absent")
    return CORPUS
