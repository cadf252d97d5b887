"""What is kept of files, and for how long."""

import os
from pathlib import Path

import pytest

from backend.errors import Refusal
from backend.kept import Kept


class Reading:
    """Reads bytes, and counts how often."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, path: Path) -> bytes:
        self.times += 1
        return path.read_bytes()


def test_a_file_is_read_once_until_it_changes(tmp_path: Path) -> None:
    path, read, kept = tmp_path / "a", Reading(), Kept(len, 2, 100)
    path.write_bytes(b"first")
    assert [kept.get(path, read) for _ in range(3)] == 3 * [b"first"] and read.times == 1
    path.write_bytes(b"longer")
    assert kept.get(path, read) == b"longer" and read.times == 2
    path.write_bytes(b"LONGER")
    os.utime(path, ns=(1, 1))
    assert kept.get(path, read) == b"LONGER" and read.times == 3
    other = tmp_path / "b"
    other.write_bytes(b"OTHERS")
    os.utime(other, ns=(1, 1))
    other.replace(path)
    assert kept.get(path, read) == b"OTHERS" and read.times == 4


def test_memory_is_bounded_by_number_and_bytes(tmp_path: Path) -> None:
    read, kept = Reading(), Kept(len, 2, 100)
    paths = [tmp_path / name for name in "abc"]
    for path in paths:
        path.write_bytes(40 * b"x")
        kept.get(path, read)
    kept.get(paths[2], read)
    assert read.times == 3
    kept.get(paths[0], read)
    assert read.times == 4
    large = tmp_path / "large"
    large.write_bytes(80 * b"x")
    kept.get(large, read)
    kept.get(paths[0], read)
    assert read.times == 6
    large.write_bytes(101 * b"x")
    kept.get(large, read)
    kept.get(large, read)
    assert read.times == 8
    kept.get(paths[0], read)
    assert read.times == 8


def test_what_cannot_be_read_is_not_kept(tmp_path: Path) -> None:
    def refuse(path: Path) -> bytes:
        raise Refusal("bad", "It is bad.", "Mend it.")

    path, kept = tmp_path / "a", Kept(len, 2, 100)
    path.write_bytes(b"a")
    with pytest.raises(Refusal):
        kept.get(path, refuse)
    assert kept.get(path, Reading()) == b"a"
    with pytest.raises(FileNotFoundError):
        kept.get(tmp_path / "none", Reading())
