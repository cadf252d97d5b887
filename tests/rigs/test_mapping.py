"""Mappings that people edit."""

from pathlib import Path

import pytest

from backend.errors import Refusal
from backend.rigs.mapping import FOLLOW, REST, SOLVE, Entry, read_mapping, write_mapping


def test_a_written_mapping_reads_back(tmp_path: Path) -> None:
    mapping = {
        "Key.001": Entry(FOLLOW, {"jawOpen": 0.75, "mouthClose": -0.5}, "measured 0.9"),
        'odd "name"\n': Entry(SOLVE, {}),
        "rest": Entry(REST, {}, "locked at 0"),
    }
    write_mapping(tmp_path / "map.json", mapping)
    assert read_mapping(tmp_path / "map.json") == mapping


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{" * 100_000,
        '{"controls": 3}',
        '{"controls": {"a": 1}}',
        '{"controls": {"a": {"use": "dance"}}}',
        '{"controls": {"a": {"use": "follow"}}}',
        '{"controls": {"a": {"use": "follow", "channels": {"jawOpne": 1}}}}',
        '{"controls": {"a": {"use": "follow", "channels": {"jawOpen": "1"}}}}',
        '{"controls": {"a": {"use": "follow", "channels": {"jawOpen": NaN}}}}',
    ],
)
def test_anything_else_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "map.json").write_text(text, encoding="utf-8")
    with pytest.raises(Refusal) as refusal:
        read_mapping(tmp_path / "map.json")
    assert refusal.value.code == "bad-mapping"
