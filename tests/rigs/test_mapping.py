"""Mappings that people edit."""

from pathlib import Path

import pytest

from backend.errors import Refusal
from backend.rigs.mapping import Entry, read_mapping, write_mapping
from backend.rigs.names import led, named
from backend.rigs.uses import FOLLOW, REST, SOLVE


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


@pytest.mark.parametrize(
    ("name", "channels"),
    [
        ("eye-left-closure", {"eyeBlinkLeft": 1.0}),
        ("eyebrows-right-inner-up", {"browInnerUp": 1.0}),
        ("mouth-corner-puller", {"mouthSmileLeft": 0.5, "mouthSmileRight": 0.5}),
        ("Mouth_Smile_L", {"mouthSmileLeft": 1.0}),
        ("Fcl_EYE_Close_L", {"eyeBlinkLeft": 1.0}),
        ("jaw_master.rotation.x", {}),
        ("lid.T.L.002.location.z", {}),
    ],
)
def test_names_of_makers(name: str, channels: dict[str, float]) -> None:
    assert named(name) == channels


def test_looks_lead_both_eyes_the_same_way() -> None:
    assert led("lookUp") == {"eyeLookUpLeft": 0.5, "eyeLookUpRight": 0.5}
    assert led("lookLeft") == {"eyeLookOutLeft": 0.5, "eyeLookInRight": 0.5}
