"""Whatever is broken about a head or a file, it ends in a result or in one sentence with a cure.

A slice runs with every test; `python -m tests.fuzz` runs a thousand.
"""

import pytest

from tests.fuzz.case import HEADS, try_case


@pytest.mark.parametrize("seed", range(0, 8 * HEADS, HEADS))
def test_a_broken_head_gives_shapes_or_a_sentence(seed: int) -> None:
    try_case(seed)


@pytest.mark.parametrize("seed", [seed for seed in range(150) if seed % HEADS])
def test_a_broken_file_is_read_or_refused_with_a_sentence(seed: int) -> None:
    try_case(seed)
