"""Locks are written as the add-on reads them, with the sizes that the wheels have."""

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

import lock
from build import STEPS


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A wheel of two files."""
    path = tmp_path / "toy-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("toy/__init__.py", "x = 1\n" * 1000)
        archive.writestr("toy-1.0.dist-info/METADATA", "Name: toy\n")
    return path


def entry(wheel: Path, url: str) -> dict:
    """As uv writes it into a pylock."""
    sums = {"sha256": hashlib.sha256(wheel.read_bytes()).hexdigest()}
    return {
        "name": "toy",
        "version": "1.0",
        "wheels": [{"url": url, "size": wheel.stat().st_size, "hashes": sums}],
    }


def test_a_wheel_s_sizes_are_read(wheel: Path) -> None:
    read = lock.read_wheel(entry(wheel, wheel.as_uri()))
    assert (read.name, read.version, read.download) == ("toy", "1.0", wheel.stat().st_size)
    assert read.installed == 6010 and read.longest_path == len("toy-1.0.dist-info/METADATA")
    with pytest.raises(lock.LockError, match="toy has no wheel"):
        lock.read_wheel({"name": "toy", "version": "1.0", "wheels": []})


class Answer(io.BytesIO):
    """A server's answer to a range request."""

    def __init__(self, content: bytes, status: int) -> None:
        super().__init__(content)
        self.status = status


def test_a_remote_wheel_is_not_downloaded_whole(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content, asked = wheel.read_bytes(), []

    def urlopen(request) -> Answer:
        first, last = map(int, request.get_header("Range").removeprefix("bytes=").split("-"))
        asked.append((first, last))
        return Answer(content[first : last + 1], 206)

    monkeypatch.setattr(lock.urllib.request, "urlopen", urlopen)
    remote = lock.read_wheel(entry(wheel, "https://index.invalid/toy-1.0-py3-none-any.whl"))
    assert remote == lock.read_wheel(entry(wheel, wheel.as_uri()))
    assert asked and all(0 <= first <= last < len(content) for first, last in asked)
    monkeypatch.setattr(lock.urllib.request, "urlopen", lambda request: Answer(content, 200))
    with pytest.raises(lock.LockError, match="no range requests"):
        lock.read_wheel(entry(wheel, "https://index.invalid/toy-1.0-py3-none-any.whl"))


def test_what_is_written_is_what_the_add_on_reads(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "LOCKS", tmp_path)
    monkeypatch.setattr(lock, "resolve", lambda target, wheels: {"packages": [entry(wheel, wheel.as_uri())]})
    text = lock.lock("linux-x64-cpu", None).read_text()
    assert str(tmp_path) not in text and "://" not in text
    shipped = (lock.ROOT / "requirements" / "locks" / "linux-x64-cpu.txt").read_text()
    assert [line.split(":")[0] for line in text.splitlines()[2:6]] == [
        line.split(":")[0] for line in shipped.splitlines()[2:6]
    ]
    assert text.splitlines()[-1] == f"toy==1.0 --hash=sha256:{entry(wheel, '')['wheels'][0]['hashes']['sha256']}" + (
        f"  # {wheel.stat().st_size}"
    )


def test_one_that_cannot_be_made_does_not_stop_the_others(tmp_path: Path, monkeypatch, capsys) -> None:
    made = []

    def make(name: str, wheels: Path | None) -> Path:
        if name == "linux-x64-rocm":
            raise lock.LockError("out of reach")
        made.append(name)
        return lock.ROOT / name

    monkeypatch.setattr(lock, "lock", make)
    monkeypatch.setattr(lock, "LOCKS", tmp_path)
    assert lock.main(["linux-x64-rocm", "windows-x64-cpu"]) == 1
    assert made == ["windows-x64-cpu"]
    assert "linux-x64-rocm: out of reach" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        lock.main(["amiga"])
    assert "lock" in STEPS
