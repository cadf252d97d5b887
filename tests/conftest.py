"""What several test folders share."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The corpus of real characters beside the checkout."""
    if not CORPUS.is_dir():
        pytest.skip("the corpus folder ../shared/corpus is absent")
    return CORPUS


@pytest.fixture(scope="session")
def runs() -> Callable[[int], bool]:
    """Whether a process with this number runs; one that has ended and waits to be reaped does not."""

    def runs(pid: int) -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        stat = Path(f"/proc/{pid}/stat")
        return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"

    return runs
