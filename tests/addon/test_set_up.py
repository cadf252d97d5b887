"""Set-up with a uv that works, is slow, fails, floods, hangs, is killed or leaves things half done."""

import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from facsimile.addon.setup import install, lock
from facsimile.addon.setup.finished import finished_environment, read_finished
from facsimile.addon.setup.folders import Folders, python_in
from facsimile.addon.setup.guard import only_one
from facsimile.addon.setup.install import SetUp
from facsimile.addon.setup.machine import Machine
from facsimile.addon.setup.plan import make_plan
from facsimile.addon.setup.remove import remove_all
from facsimile.addon.setup.worker import Worker
from facsimile.backend.errors import Cancelled, Refusal

FAKE = Path(__file__).with_name("fake_uv.py")
MACHINE = Machine("linux", "x64", "cpu", "no card")
LOCK = """# torch-backend: cpu
# download: 300
# installed: 1000
# longest-path: 100
torch==2.13.0 --hash=sha256:{torch}  # 200
numpy==1.26.4 --hash=sha256:{numpy}  # 100
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the fake uv is a shell script")


class Bench:
    """A home with spaces and letters of many alphabets, an extension in a read-only folder, and a fake uv."""

    def __init__(self, folder: Path) -> None:
        self.folders = Folders(folder / "Zoë's home 日本" / "facsimile")
        self.source = folder / "extension"
        self.locks = self.source / "requirements" / "locks"
        self.locks.mkdir(parents=True)
        self.write_lock("a" * 64)
        self.source.chmod(0o555)
        self.folders.tools.mkdir(parents=True)
        uv = self.folders.tools / "uv"
        uv.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{FAKE}" "$(dirname "$0")" "$@"\n')
        uv.chmod(0o755)
        self.stop = threading.Event()
        self.seen: list[tuple[float, str]] = []
        self.log: list[str] = []

    def write_lock(self, torch: str) -> None:
        (self.locks / "linux-x64-cpu.txt").write_text(LOCK.format(torch=torch, numpy="b" * 64))

    def behave(self, behaviour: str) -> None:
        (self.folders.tools / "behaviour").write_text(behaviour)

    @property
    def calls(self) -> list[list[str]]:
        return [json.loads(line) for line in (self.folders.tools / "calls").read_text().splitlines()]

    @property
    def environment(self) -> Path:
        return self.plan().environment

    def plan(self):
        return make_plan(MACHINE, "auto", self.folders, self.locks, None)

    def run(self, repair: bool = False):
        return SetUp(self.plan(), self.source, {}, self.progress, self.log.append, self.stop).run(repair)

    def progress(self, fraction: float, text: str) -> None:
        self.seen.append((fraction, text))

    def found(self):
        return finished_environment(MACHINE, self.folders, self.locks, "auto")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_an_environment_is_made_tested_and_found(bench: Bench) -> None:
    assert bench.found() is None
    finished = bench.run()
    assert bench.found() == (bench.plan().lock, python_in(bench.environment, "linux"))
    assert read_finished(bench.environment) == finished
    assert [one.name for one in finished.findings] == ["python", "device", "cache", "models"]
    fractions = [fraction for fraction, _ in bench.seen]
    assert fractions == sorted(fractions) and fractions[-1] < 1
    assert (bench.environment / "installed").is_file()
    sync = bench.calls[-1]
    assert sync[:4] == ["pip", "sync", "--require-hashes", "--no-build"]
    assert sync[-2:] == ["--torch-backend", "cpu"]
    assert any(text == "Downloading torch (0 MB)" for _, text in bench.seen)


@pytest.mark.parametrize(
    "behaviour, sentence, cure",
    [
        ("no network", "The package index cannot be reached.", "offline folder"),
        ("disk full", "The disk is full.", "Free some space"),
        ("wrong hash", "was refused", "go on"),
        ("strange", "uv failed: The moon is in the wrong house.", "Copy Report"),
        ("killed", "uv was ended from outside (signal 9).", "go on"),
        ("no python", "There is no Python 3.11 here", "Install Python 3.11"),
        ("sick", "The self-test failed: It multiplies wrongly.", "Use the processor."),
        ("mute", "The self-test ended without a result.", "Repair"),
    ],
)
def test_what_goes_wrong_is_a_sentence_and_the_next_click_goes_on(bench: Bench, behaviour, sentence, cure) -> None:
    bench.behave(behaviour)
    with pytest.raises(Refusal) as caught:
        bench.run()
    assert sentence in caught.value.sentence and cure in caught.value.cure
    assert bench.found() is None
    bench.behave("")
    bench.run()
    assert bench.found() is not None


def test_a_flood_is_bounded_and_survived(bench: Bench) -> None:
    bench.behave("flood")
    bench.run()
    assert max(map(len, bench.log)) <= 2000
    assert bench.found() is not None


def test_what_was_fetched_is_there_for_the_next_time(bench: Bench) -> None:
    bench.behave("killed")
    with pytest.raises(Refusal):
        bench.run()
    assert (bench.folders.cache / "archive-v0" / "torch").stat().st_size == 600
    assert bench.environment.is_dir()
    bench.behave("")
    bench.run()
    assert "--allow-existing" in next(call for call in bench.calls if call[0] == "venv")


@pytest.mark.parametrize("behaviour", ["hang", "grandchild"])
def test_cancel_ends_the_whole_tree_soon(bench: Bench, runs: Callable[[int], bool], behaviour: str) -> None:
    bench.behave(behaviour)
    worker = Worker(
        lambda progress, log, stop: SetUp(bench.plan(), bench.source, {}, progress, log, stop).run() and None
    )
    deadline = time.monotonic() + 20
    while worker.text != "Downloading torch (0 MB)" and time.monotonic() < deadline:
        time.sleep(0.02)
    if behaviour == "grandchild":
        while not (bench.folders.tools / "grandchild").exists():
            time.sleep(0.02)
    started = time.monotonic()
    worker.cancel()
    assert worker.wait(5.0)
    assert time.monotonic() - started < 2.0
    assert worker.cancelled and worker.refusal is None
    assert bench.found() is None
    if behaviour == "grandchild":
        number = int((bench.folders.tools / "grandchild").read_text())
        while runs(number):
            assert time.monotonic() - started < 4
            time.sleep(0.02)


def test_a_uv_that_does_nothing_counts_as_hung_and_a_slow_one_does_not(bench: Bench, monkeypatch) -> None:
    monkeypatch.setattr(install, "SILENCE", 1.0)
    monkeypatch.setattr("facsimile.addon.setup.child._WATCH", 0.1)
    bench.behave("slow")
    bench.run()
    assert bench.found() is not None
    bench.behave("hang")
    with pytest.raises(Refusal, match="has done nothing"):
        bench.run()
    # It had been begun anew, so it is finished no more.
    assert bench.found() is None


def test_progress_moves_while_uv_is_silent(bench: Bench, monkeypatch) -> None:
    monkeypatch.setattr("facsimile.addon.setup.child._WATCH", 0.1)
    bench.behave("slow")
    bench.run()
    while_silent = {round(fraction, 3) for fraction, text in bench.seen if text.startswith("Downloading")}
    assert len(while_silent) >= 3


def test_another_lock_is_another_environment_and_the_old_one_stays(bench: Bench) -> None:
    bench.run()
    old = bench.environment
    bench.write_lock("c" * 64)
    lock.read_lock.cache_clear()
    lock.locks_for.cache_clear()
    assert bench.environment != old
    assert bench.found() is None
    bench.run()
    assert bench.found() is not None and read_finished(old) is not None


def test_repair_begins_from_nothing(bench: Bench) -> None:
    bench.run()
    (bench.environment / "damaged").write_text("x")
    (bench.folders.cache / "stale").write_text("x")
    tools = {path.name: path.read_bytes() for path in bench.folders.tools.iterdir()}

    class Kept(SetUp):
        """Puts the fake uv back where the real one would be fetched."""

        def _find_uv(self) -> Path:
            bench.folders.tools.mkdir()
            for name, content in tools.items():
                (bench.folders.tools / name).write_bytes(content)
            (bench.folders.tools / "uv").chmod(0o755)
            return super()._find_uv()

    Kept(bench.plan(), bench.source, {}, bench.progress, bench.log.append, bench.stop).run(repair=True)
    assert not (bench.environment / "damaged").exists()
    assert not (bench.folders.cache / "stale").exists()
    assert bench.found() is not None


def test_remove_takes_what_set_up_made_and_nothing_else(bench: Bench, tmp_path: Path) -> None:
    bench.run()
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "work.blend").write_text("x")
    (bench.environment / "link").symlink_to(precious)
    (bench.environment / "read-only").mkdir(mode=0o555)
    (bench.folders.root / "notes.txt").write_text("mine")
    remove_all(bench.folders, bench.progress)
    assert [path.name for path in bench.folders.root.iterdir()] == ["notes.txt"]
    assert (precious / "work.blend").is_file()
    (bench.folders.root / "notes.txt").unlink()
    remove_all(bench.folders, bench.progress)
    assert not bench.folders.root.exists()


def test_two_at_once_is_refused(bench: Bench) -> None:
    with only_one(bench.folders.guard), pytest.raises(Refusal, match="Another Blender"):
        bench.run()
    bench.run()


def test_an_old_uv_is_not_used(bench: Bench, monkeypatch) -> None:
    bench.behave("old")
    monkeypatch.setattr(install, "candidates", lambda folders: [folders.tools / "uv"])
    monkeypatch.setattr(install, "fetch_command", lambda folders, locks: [sys.executable, "-c", "print('fetched')"])
    with pytest.raises(Refusal, match="holds no program"):
        bench.run()
    assert (0.0, "Fetching uv") in bench.seen


def test_a_cancelled_run_stops_before_the_next_program(bench: Bench) -> None:
    bench.stop.set()
    with pytest.raises(Cancelled):
        bench.run()
    assert not (bench.folders.tools / "calls").exists()


def test_a_folder_that_cannot_be_written_is_a_sentence(bench: Bench) -> None:
    bench.folders.environments.write_text("in the way")
    with pytest.raises(Refusal, match="cannot be written"):
        bench.run()


def test_a_worker_that_breaks_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    def broken(progress, log, stop) -> None:
        raise ZeroDivisionError

    hook, threading.excepthook = threading.excepthook, lambda arguments: None
    try:
        worker = Worker(broken)
        assert worker.wait(5.0)
    finally:
        threading.excepthook = hook
    assert worker.refusal is not None and worker.refusal.code == "bug"
