"""Live Link Face's CSV, against clips that phones recorded."""

import csv
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from backend.channels import ARKIT_NAMES
from backend.errors import Refusal
from backend.live_link import column_order, read_live_link, rotation_vectors, rotator_angles, timecode, write_live_link
from backend.performance import performance

RECORDED = {"alex_rom_3": (30.0, 3), "angry_MySlate_164": (59.904, 0), "sad_MySlate_167": (59.904, 0)}


def table(path: Path) -> tuple[list[str], list[list[str]]]:
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.reader(stream))
    return rows[0], rows[1:]


def small_motion(frames: int = 5, fps: float = 30.0):
    rng = np.random.default_rng(5)
    return performance(
        ARKIT_NAMES,
        rng.random((frames, 52)),
        fps,
        head=np.concatenate([rng.normal(0, 0.3, (frames, 3)), np.zeros((frames, 3))], axis=1),
        gaze=rng.normal(0, 0.2, (frames, 4)),
        torsion=rng.normal(0, 0.02, (frames, 2)),
    )


def test_rotators_agree_with_scipy() -> None:
    angles = np.random.default_rng(4).uniform(-1.5, 1.5, (500, 3))
    reference = Rotation.from_euler("YXZ", angles * [-1, 1, -1]).as_rotvec()
    assert np.allclose(rotation_vectors(angles), reference, atol=1e-12)
    assert np.allclose(rotator_angles(reference), angles, atol=1e-9)
    assert np.array_equal(rotator_angles(np.zeros((1, 3))), np.zeros((1, 3)))


def test_a_written_file_reads_back(tmp_path: Path) -> None:
    motion = small_motion()
    write_live_link(tmp_path / "take.csv", motion)
    back = read_live_link(tmp_path / "take.csv")
    assert np.array_equal(back.weights, motion.weights)
    assert np.array_equal(back.gaze, motion.gaze) and np.array_equal(back.torsion, motion.torsion)
    assert np.allclose(back.head, motion.head, atol=1e-6)
    assert back.fps == 30


@pytest.mark.parametrize("fps", [24.0, 25.0, 30.0, 59.94, 60.0, 100.0, 120.0])
def test_the_rate_survives(tmp_path: Path, fps: float) -> None:
    motion = performance(ARKIT_NAMES, np.zeros((200, 52)), fps)
    write_live_link(tmp_path / "take.csv", motion)
    back = read_live_link(tmp_path / "take.csv")
    assert len(back.weights) == 200
    assert abs(back.duration - motion.duration) < 1 / fps


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_clips_round_trip_without_loss(corpus: Path, tmp_path: Path, name: str) -> None:
    source = corpus / "dev/motion" / f"{name}.csv"
    fps, dropped = RECORDED[name]
    motion = read_live_link(source)
    header, rows = table(source)
    assert motion.fps == pytest.approx(fps, abs=1e-3)
    assert (motion.confidence == 0).sum() == dropped and len(motion.weights) == len(rows) + dropped
    write_live_link(tmp_path / "take.csv", motion)
    written_header, written = table(tmp_path / "take.csv")
    assert [h.lower() for h in written_header] == [h.lower() for h in header]
    before = np.array([row[2:] for row in rows], np.float64).astype(np.float32)
    after = np.array([row[2:] for row in written], np.float64).astype(np.float32)[motion.confidence > 0]
    assert np.array_equal(before, after)
    again = read_live_link(tmp_path / "take.csv")
    assert again.fps == pytest.approx(motion.fps, abs=1e-6)
    assert np.array_equal(again.weights, motion.weights) and np.array_equal(again.gaze, motion.gaze)


def test_recorded_eyes_look_where_their_lids_do(corpus: Path) -> None:
    motion = read_live_link(corpus / "dev/motion/alex_rom_3.csv")
    weight = {name: motion.weights[:, i] for i, name in enumerate(ARKIT_NAMES)}
    left = weight["eyeLookOutLeft"] - weight["eyeLookInLeft"]
    down = weight["eyeLookDownLeft"] - weight["eyeLookUpLeft"]
    assert np.corrcoef(motion.gaze[:, 0], left)[0, 1] > 0.98
    assert np.corrcoef(motion.gaze[:, 1], down)[0, 1] > 0.98


def test_generated_and_face_cap_clips_are_read(corpus: Path) -> None:
    motion = read_live_link(corpus / "dev/motion/generated_1.csv")
    assert motion.weights.shape == (610, 52) and motion.fps == 60 and (motion.confidence == 1).all()
    motion = read_live_link(corpus / "dev/motion/facecap_glb.csv")
    assert motion.weights.shape == (335, 52) and motion.fps == 30 and (motion.head == 0).all()


def test_frames_without_a_face_are_bridged(tmp_path: Path) -> None:
    path = tmp_path / "lost.csv"
    lines = [",".join(("Timecode", "BlendShapeCount", *column_order()))]
    for frame in range(6):
        values = [f"{frame / 10}"] * 61
        lines.append(
            ",".join((timecode(frame / 60), "61", *values)) if frame not in (2, 3) else timecode(frame / 60) + ",0"
        )
    path.write_text("\n".join(lines), encoding="utf-8")
    motion = read_live_link(path)
    assert motion.confidence.tolist() == [1, 1, 0, 0, 1, 1]
    assert np.allclose(motion.weights[:, 0], np.arange(6) / 10, atol=1e-6)


def test_midnight(tmp_path: Path) -> None:
    path = tmp_path / "late.csv"
    header = ",".join(("Timecode", "BlendShapeCount", *column_order()))
    clocks = ["23:59:59:58.000", "23:59:59:59.000", "00:00:00:00.000", "00:00:00:01.000"]
    path.write_text("\n".join([header, *(",".join([clock, "61", *["0"] * 61]) for clock in clocks)]), encoding="utf-8")
    motion = read_live_link(path)
    assert motion.fps == 60 and len(motion.weights) == 4


def test_other_orders_separators_spellings_and_missing_channels(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("\ufeffnote;Smile_Left;jaw_open;time\nx;0,25;0,5;0\ny;0,5;1,0;0,04\n", encoding="utf-8")
    motion = read_live_link(path)
    assert motion.names == ("jawOpen", "mouthSmileLeft") and motion.fps == 25
    assert motion.weights.tolist() == [[0.5, 0.25], [1.0, 0.5]]
    assert motion.named(ARKIT_NAMES).weights.sum() == 2.25 and (motion.gaze == 0).all()
    path.write_text("time\tjawopen\n0\t0.5\n0.04\t1.0\n", encoding="utf-8")
    assert read_live_link(path).weights.tolist() == [[0.5], [1.0]]


def test_what_spreadsheets_make_of_a_table_is_read(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("\nsep=;\ntime;jawOpen\n0;0,5\n0,04;1,0\n", encoding="utf-8")
    assert read_live_link(path).weights.tolist() == [[0.5], [1.0]]
    path.write_text('"time","jawOpen"\n"0","0,5"\n"0.04","1,0"\n', encoding="utf-8")
    assert read_live_link(path).weights.tolist() == [[0.5], [1.0]]


def test_empty_cells_are_bridged_channel_by_channel(tmp_path: Path) -> None:
    path = tmp_path / "gaps.csv"
    rows = ["0,0.0,,0.1", "1,0.5,,", "2,,,0.3", "3,,,", "4,1.0, ,0.5"]
    path.write_text("\n".join(["time,jawOpen,mouthClose,browInnerUp", *rows]), encoding="utf-8")
    motion = read_live_link(path)
    assert motion.names == ("jawOpen", "mouthClose", "browInnerUp") and motion.fps == 1
    expected = [[0, 0, 0.1], [0.5, 0, 0.2], [2 / 3, 0, 0.3], [5 / 6, 0, 0.4], [1, 0, 0.5]]
    assert np.allclose(motion.weights, expected, atol=1e-6)
    # Of twelve values with the angles; the fourth row has none of a face at all.
    assert np.allclose(motion.confidence, [11 / 12, 10 / 12, 10 / 12, 0, 11 / 12])


def test_a_large_file_takes_little_more_than_its_numbers(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    header = ",".join(("time", *column_order()))
    row = ",".join(["0.1234567891"] * 61)
    path.write_text("\n".join([header, *(f"{frame / 60},{row}" for frame in range(20_000))]), encoding="utf-8")
    tracemalloc.start()
    motion = read_live_link(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(motion.weights) == 20_000
    # A cell of text becomes four bytes, once as read and once at the frame's own time.
    assert peak < 1.2 * path.stat().st_size


def refused(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Refusal) as refusal:
        read_live_link(path)
    return refusal.value.code


def test_bad_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    header = ",".join(("Timecode", "BlendShapeCount", *column_order()))
    good = ",".join(["00:00:00:00.000", "61", *["0"] * 61])
    assert refused(path, "") == "missing-columns"
    assert refused(path, header.replace("Timecode,", "Clock,") + "\n" + good) == "missing-columns"
    assert refused(path, good) == "missing-columns"
    assert refused(path, "Timecode,price,name\n" + good) == "missing-columns"
    assert refused(path, header) == "no-frames"
    for cell in ("nan", "-inf", "1e39", "1e400", "x", "#NUM!", "0x1f", "1,234.5"):
        with pytest.raises(Refusal, match="in line 3, column eyeLookDownLeft: that is no number"):
            spoilt = good.replace(",0,0,", f',0,"{cell}",', 1)
            path.write_text("\n".join([header, good, spoilt]), encoding="utf-8")
            read_live_link(path)
    assert refused(path, header + "\n" + good.replace("00:00:00:00.000", "noon")) == "bad-timecode"
    assert refused(path, header + "\n" + good + "\n" + good.replace("00:00:00:00.000", "inf")) == "bad-timecode"
    far = [good.replace("00:00:00:00", clock) for clock in ("00:00:00:01", "00:00:00:02", "00:00:00:03", "11:00:00:00")]
    assert refused(path, "\n".join([header, *far])) == "too-large"
    path.write_bytes(b"\xff\xfe\x00binary")
    with pytest.raises(Refusal):
        read_live_link(path)
