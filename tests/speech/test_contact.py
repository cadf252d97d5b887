"""Contacts on the open head, whatever else the mouth does."""

import numpy as np
import pytest

from backend.channels import ARKIT_NAMES
from backend.speech.contact import SHUT, TOUCH, enforce, open_head_lips

NONE = np.zeros(1)
OPEN = {
    "jaw": {"jawOpen": 0.5},
    "smile": {"jawOpen": 0.3, "mouthSmileLeft": 0.6, "mouthSmileRight": 0.6},
    "bared": {"mouthUpperUpLeft": 0.4, "mouthUpperUpRight": 0.4, "mouthLowerDownLeft": 0.4, "mouthLowerDownRight": 0.4},
}


def weights(named: dict[str, float]) -> np.ndarray:
    return np.array([[named.get(name, 0.0) for name in ARKIT_NAMES]])


@pytest.mark.parametrize("pose", OPEN)
def test_open_lips_meet_where_they_must(pose: str) -> None:
    lips, given = open_head_lips(), weights(OPEN[pose])
    assert lips.gaps(given)[0] > 2 * SHUT
    made = np.clip(enforce(given, np.ones(1), NONE), 0, 1)
    assert lips.gaps(made)[0] <= SHUT


@pytest.mark.parametrize("pose", ["jaw", "smile"])
def test_the_lower_lip_meets_the_teeth_where_it_must(pose: str) -> None:
    lips, given = open_head_lips(), weights(OPEN[pose])
    assert lips.from_teeth(given)[0] > TOUCH
    made = np.clip(enforce(given, NONE, np.ones(1)), 0, 1)
    assert lips.from_teeth(made)[0] <= TOUCH


def test_nothing_changes_where_no_contact_is_asked_for() -> None:
    given = weights(OPEN["smile"])
    np.testing.assert_allclose(enforce(given, NONE, NONE), given, atol=1e-9)
