"""The statistics' pickle: numbers in every form that it may have, and nothing that runs."""

import builtins
import os
import pickle
import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from backend.errors import Refusal
from third_party.nfs.image_statistics import read_image_statistics

MEAN, DEVIATION = [0.125, 0.25, 0.5, 3.0], [0.5, 0.25, 2.0, 4.0]


def read(tmp_path: Path, content: object, protocol: int = 4):
    path = tmp_path / "img_stat.pkl"
    path.write_bytes(content if isinstance(content, bytes) else pickle.dumps(content, protocol))
    return read_image_statistics(path)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize(
    "form",
    [
        list,
        tuple,
        np.float32,
        np.float64,
        lambda numbers: np.array(numbers, ">f4").reshape(1, 1, 1, 4),
        lambda numbers: [np.float32(number) for number in numbers],
        lambda numbers: [*numbers[:3], int(numbers[3])],
    ],
    ids=["list", "tuple", "float32", "float64", "big endian", "scalars", "an integer among them"],
)
def test_arrays_and_lists_of_every_protocol(tmp_path, form, protocol):
    read_back = read(tmp_path, {"mean": form(MEAN), "std": form(DEVIATION)}, protocol)
    assert read_back.mean.tolist() == MEAN
    assert read_back.deviation.tolist() == DEVIATION
    assert read_back.mean.dtype == np.float32


class Call:
    """Unpickles as the call of a function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    ("attack", "name"),
    [
        (Call(os.system, "touch pwned"), r"(posix|nt)\.system"),
        (Call(builtins.eval, "open('pwned', 'w')"), r"(builtins|__builtin__)\.eval"),
        (Call(np.load, "pwned"), r"numpy\.load"),
        (Call(getattr, 1, "real"), r"(builtins|__builtin__)\.getattr"),
        (Fraction(1, 2), r"fractions\.Fraction"),
    ],
)
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_global_that_is_not_on_the_list_is_named_and_not_run(tmp_path, monkeypatch, attack, name, protocol):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Refusal, match=f"asks to run {name}") as refused:
        read(tmp_path, {"mean": MEAN, "std": attack}, protocol)
    assert refused.value.code == "nfs-untrusted"
    assert not (tmp_path / "pwned").exists()


def test_the_file_cannot_change_the_reader(tmp_path):
    # a BUILD opcode with a slot state on what stands for _codecs.encode: sets attributes of a function
    attack = b"\x80\x04c_codecs\nencode\nN}X\x08\x00\x00\x00__name__X\x05\x00\x00\x00pwneds\x86b."
    with pytest.raises(Refusal, match="does not hold image statistics"):
        read(tmp_path, attack)
    state = (b"c%s\n%s\nN}X\x08\x00\x00\x00__name__X\x05\x00\x00\x00pwneds\x86b." % pair for pair in TYPES)
    for attack in state:
        with pytest.raises(Refusal, match="does not hold image statistics"):
            read(tmp_path, b"\x80\x04" + attack)
    test_arrays_and_lists_of_every_protocol(tmp_path, np.float32, 2)


TYPES = ((b"numpy", b"ndarray"), (b"numpy", b"dtype"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a pickle at all",
        pickle.dumps([MEAN, DEVIATION]),
        pickle.dumps({"mean": MEAN}),
        pickle.dumps({"mean": MEAN[:3], "std": DEVIATION}),
        pickle.dumps({"mean": [MEAN, MEAN, MEAN, MEAN], "std": DEVIATION}),
        pickle.dumps({"mean": MEAN, "std": [1.0, 1.0, float("nan"), 1.0]}),
        pickle.dumps({"mean": MEAN, "std": [1.0, 0.0, 1.0, 1.0]}),
        pickle.dumps({"mean": np.zeros(100_000, np.uint8)[:5000], "std": DEVIATION}),
        pickle.dumps({"mean": np.array(MEAN, object), "std": DEVIATION}),
        pickle.dumps({"mean": np.array(["a", "b", "c", "d"]), "std": DEVIATION}),
        # memo index and length of four gigabytes
        b"\x80\x04Nr" + struct.pack("<I", 0xFFFFFFF0) + b".",
        b"\x80\x04\x8e" + struct.pack("<Q", 1 << 40) + b"x.",
        pickle.dumps({"mean": MEAN, "std": DEVIATION})[:-9],
        pickle.dumps({"mean": MEAN, "std": DEVIATION}) + bytes(100_000),
    ],
)
def test_whatever_else_is_refused(tmp_path, content):
    with pytest.raises(Refusal) as refused:
        read(tmp_path, content)
    assert refused.value.code == "nfs-image-statistics"


def test_every_cut_of_a_good_file_is_refused(tmp_path):
    good = pickle.dumps({"mean": np.array(MEAN), "std": np.array(DEVIATION)}, 4)
    for length in range(len(good)):
        with pytest.raises(Refusal):
            read(tmp_path, good[:length])


def test_an_absent_file_is_refused_with_where_to_get_it(tmp_path):
    with pytest.raises(Refusal, match="data/MF_all_v5") as refused:
        read_image_statistics(tmp_path / "img_stat.pkl")
    assert refused.value.code == "nfs-image-statistics"
