"""Labels of xlabel."""

from pathlib import Path

import pytest

from backend.errors import Refusal
from backend.evaluation.xlabel import read_xlabel

LABELS = """signal x
nfields 1
#
    0.080000   -1 _t
    0.120000   -1 !t\t+asp
    0.140000   -1 tasp
    0.150000   -1 E6
    0.240000   -1 s
    0.260000   -1 -sth
    0.300000   -1 X
    0.400000   -1 !p
    0.450000   -1 .
"""


def test_parts_of_a_stop_are_one_phone(tmp_path: Path):
    path = tmp_path / "a.lablaut"
    path.write_text(LABELS, encoding="latin-1")
    phones = [(one.label, round(one.start, 3), round(one.end, 3)) for one in read_xlabel(path)]
    assert phones == [
        ("SIL", 0, 0.08),
        ("T", 0.08, 0.15),
        ("EH", 0.15, 0.24),
        ("S", 0.24, 0.3),
        ("HH", 0.3, 0.4),
        ("P", 0.4, 0.45),
    ]


def test_damaged_labels_are_refused(tmp_path: Path):
    path = tmp_path / "a.lablaut"
    path.write_text("#\n once -1 t\n")
    with pytest.raises(Refusal):
        read_xlabel(path)
    with pytest.raises(Refusal):
        read_xlabel(tmp_path / "none")
