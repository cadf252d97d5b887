"""Tables of what phones and emotions look like."""

import json
from pathlib import Path

import pytest

from backend.channels import ARKIT_NAMES
from backend.errors import Refusal
from backend.speech.emotion import EMOTIONS
from backend.speech.phones import BREATH, SILENCE, VOWELS
from backend.speech.tables import articulation, channel_weights, emotions


def test_the_tables_know_every_vowel_contact_and_emotion() -> None:
    shapes = articulation()
    assert {SILENCE, BREATH, *VOWELS} <= set(shapes) and set(emotions()) == set(EMOTIONS)
    contacts = {name: shape.contact for name, shape in shapes.items() if shape.contact}
    assert contacts == {"P": "lips", "B": "lips", "M": "lips", "F": "teeth", "V": "teeth"}


def test_a_name_without_its_side_means_both() -> None:
    found = channel_weights("AA", {"mouthSmile": 0.3, "jawLeft": 0.1})
    assert {ARKIT_NAMES[at] for at in found.nonzero()[0]} == {"mouthSmileLeft", "mouthSmileRight", "jawLeft"}


def test_a_users_table_replaces_its_phones_alone(tmp_path: Path) -> None:
    path = tmp_path / "own.json"
    path.write_text(json.dumps({"AA": {"jaw": 0.9}}))
    own, usual = articulation(path), articulation()
    assert own["AA"].jaw == 0.9 != usual["AA"].jaw and own["IY"].jaw == usual["IY"].jaw


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"AA": 1}', '{"AA": {"jaw": "wide"}}', '{"AA": {"jaw": NaN}}', '{"AA": {"jaw": true}}',
     '{"AA": {"lips": {"ears": 1}}}', '{"AA": {"contact": "nose"}}', '{"AA": {"late": {"jaw": 99}}}'],
)  # fmt: skip
def test_a_table_that_makes_no_sense_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "own.json"
    path.write_text(text)
    with pytest.raises(Refusal) as raised:
        articulation(path)
    assert raised.value.code == "bad-table"
