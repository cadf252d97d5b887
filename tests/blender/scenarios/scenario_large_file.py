"""A capture file that takes long to read: in a window it is read in a thread, and Blender goes on."""

import time
from pathlib import Path

import numpy as np
import pytest
from bl_ext.user_default.facsimile.addon.reading import LARGE, begin_reading
from bl_ext.user_default.facsimile.addon.takes import read_take
from bl_ext.user_default.facsimile.backend.errors import Refusal
from bl_ext.user_default.facsimile.backend.live_link import column_order


def table(path: Path, rows: int, last: str = "") -> Path:
    header = ",".join(("time", *column_order()))
    row = ",".join(["0.1234567891"] * 61)
    path.write_text("\n".join([header, *(f"{frame / 60},{row}" for frame in range(rows)), last]), encoding="utf-8")
    return path


def test_it_is_read_while_other_things_go_on(tmp_path: Path) -> None:
    path = table(tmp_path / "long.csv", 30_000)
    assert path.stat().st_size > LARGE
    reading = begin_reading(path)
    assert reading is not None
    turns = 0
    while not reading.done:
        time.sleep(0.005)
        turns += 1
    assert turns > 3
    take = reading.take()
    assert take.name == "long" and take.motion.weights.shape == (30_000, 52)
    assert np.allclose(take.motion.weights, 0.1234567891)
    # From here on it is at hand, until it changes.
    assert begin_reading(path) is None and read_take(path) is take
    table(path, 30_001)
    assert begin_reading(path) is not None


def test_what_is_wrong_with_it_is_a_sentence(tmp_path: Path) -> None:
    reading = begin_reading(table(tmp_path / "broken.csv", 5000, "84.0," + ",".join(["x"] * 61)))
    assert reading is not None
    with pytest.raises(Refusal, match="in line 5002, column eyeBlinkLeft: that is no number"):
        reading.take()


def test_what_is_small_or_absent_is_not_waited_for(tmp_path: Path) -> None:
    assert begin_reading(table(tmp_path / "short.csv", 10)) is None
    assert begin_reading(tmp_path / "absent.csv") is None
