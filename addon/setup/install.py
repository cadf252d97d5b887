"""From a plan to a finished environment: uv, a Python, the packages, the self-test, the marker."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...backend.errors import Progress, Refusal
from ..processes import clean_environment
from .child import run_child
from .finished import Finished, mark_finished, parse_findings, unmark
from .folders import python_in, size_of
from .guard import only_one
from .lock import PYTHON
from .plan import Plan
from .remove import remove_folder
from .uv import NAME, candidates, fetch_command, is_new_enough, unpack_uv, uv_environment
from .uv_output import UvProgress

SILENCE = 300.0
"""Seconds after which a uv that neither speaks nor unpacks counts as hung; it gives a dead connection up far sooner."""

TEST_SILENCE = 900.0
"""Seconds for the self-test: with a cold disk and a virus scanner, loading torch alone may take minutes."""

TOLERATED = ("cache", "memory")
"""What the doctor may find wrong in an environment that works all the same."""

_UV, _PYTHON, _PACKAGES, _TEST = 0.0, 0.03, 0.06, 0.90
_CURE = "Press the button to go on where it stopped; Copy Report has the details."
_REASONS = (
    (("No space left", "os error 28", "os error 112"), "The disk is full.", "Free some space, then go on."),
    (("hash mismatch", "Hash mismatch"), "A package is not the one that was locked, and was refused.", _CURE),
    (
        (
            "dns error",
            "error sending request",
            "timed out",
            "Failed to fetch",
            "Could not connect",
            "NewConnectionError",
        ),
        "The package index cannot be reached.",
        "Look at the connection and the proxy, then go on; or use an offline folder.",
    ),
    (
        ("No interpreter found", "no managed or system"),
        f"There is no Python {PYTHON} here, and none may be fetched.",
        f"Install Python {PYTHON}, or put one that uv fetched into the offline folder as python.",
    ),
    (("Permission denied", "os error 5", "Access is denied"), "A file is in use or may not be written.", _CURE),
)


@dataclass
class SetUp:
    """One run of a plan. source: the folder that has the backend and the locks. settings: variables for the self-test.

    progress gets fractions of the whole and texts; log every line of every program.
    """

    plan: Plan
    source: Path
    settings: Mapping[str, str]
    progress: Progress
    log: Callable[[str], None]
    cancelled: threading.Event

    def run(self, repair: bool = False) -> Finished:
        """Makes the environment, or goes on with one that was begun.

        repair: from nothing, with everything fetched anew.
        Raises Refusal, and Cancelled with what was done so far left for the next time.
        """
        folders, environment = self.plan.folders, self.plan.environment
        try:
            with only_one(folders.guard):
                environment.parent.mkdir(parents=True, exist_ok=True)
                if (environment / "pyvenv.cfg").is_file():
                    unmark(environment)
                if repair:
                    self.progress(0.0, "Removing the old environment")
                    for folder in (environment, folders.cache, folders.tools):
                        remove_folder(folder)
                self.progress(_UV, "Looking for uv")
                uv = self._find_uv()
                self.progress(_PYTHON, f"Preparing Python {PYTHON}")
                self._make_environment(uv)
                self.progress(_PACKAGES, "Looking up the packages")
                self._install(uv)
                self.progress(_TEST, "Testing the backend")
                return self._test()
        except OSError as error:
            raise Refusal("no-write", f"A file cannot be written ({error}).", _CURE) from error

    def _find_uv(self) -> Path:
        folders, offline = self.plan.folders, self.plan.offline
        if offline is not None and not (folders.tools / NAME).exists():
            unpack_uv(offline, folders)
        for place in candidates(folders):
            answer: list[str] = []
            if self._run([place, "--version"], answer.append) == 0 and answer and is_new_enough(answer[-1]):
                return place
        if offline is not None:
            raise Refusal(
                "no-uv",
                "Neither this computer nor the folder has uv.",
                "Put uv's wheel into the folder, or install uv.",
            )
        self.progress(_UV, "Fetching uv")
        said: list[str] = []
        status = self._run(fetch_command(folders, self.source / "requirements" / "locks"), said.append)
        if status:
            raise refusal_for("pip", status, said)
        ours = unpack_uv(folders.fetched, folders)
        remove_folder(folders.fetched)
        if ours is None:
            raise Refusal(
                "no-uv", "uv was fetched, but its wheel holds no program.", "Install uv yourself, then go on."
            )
        return ours

    def _make_environment(self, uv: Path) -> None:
        folders, offline = self.plan.folders, self.plan.offline
        if offline is not None and (offline / "python").is_dir() and not folders.pythons.exists():
            partial = folders.pythons.with_suffix(".partial")
            remove_folder(partial)
            shutil.copytree(offline / "python", partial, symlinks=True)
            partial.replace(folders.pythons)
        said: list[str] = []
        command = [uv, "venv", "--no-project", "--allow-existing", "--python", PYTHON, self.plan.environment]
        status = self._run(command, said.append)
        if status:
            raise refusal_for("uv", status, said)

    def _install(self, uv: Path) -> None:
        lock, offline = self.plan.lock, self.plan.offline
        command: list[str | Path] = [uv, "pip", "sync", "--require-hashes", "--no-build", "--python"]
        command += [python_in(self.plan.environment, self.plan.machine.system), lock.path]
        if offline is not None:
            command += ["--offline", "--no-index", "--find-links", offline]
        elif lock.torch_backend and not os.environ.get("UV_TORCH_BACKEND"):
            command += ["--torch-backend", lock.torch_backend]
        heard = UvProgress(lock.sizes, lock.installed)
        said: list[str] = []
        # The files of earlier environments are in the cache too, under a second name.
        earlier = size_of(self.plan.folders.environments)

        def report() -> None:
            self.progress(min(_TEST, _PACKAGES + (_TEST - _PACKAGES) * heard.fraction), heard.text)

        def told(line: str) -> None:
            said.append(line)
            heard.tell(line)
            report()

        def watch() -> int:
            size = size_of(self.plan.folders.cache)
            heard.measured(size - earlier)
            report()
            return size

        status = self._run(command, told, watch)
        if status:
            raise refusal_for("uv", status, said)

    def _test(self) -> Finished:
        environment = self.plan.environment
        said: list[str] = []
        variables = {**clean_environment(os.environ), **self.settings}
        command = [python_in(environment, self.plan.machine.system), "-m", "backend", "doctor", "--json"]
        run_child(command, self.source, variables, self._telling(said.append), self.cancelled, TEST_SILENCE)
        findings = parse_findings("\n".join(said))
        wrong = [finding for finding in findings if not finding.ok and finding.name not in TOLERATED]
        if wrong:
            raise Refusal(
                "self-test",
                f"The self-test failed: {wrong[0].text.rstrip('.')}.",
                wrong[0].cure or "Repair the backend.",
            )
        finished = Finished(self.plan.lock.name, time.time(), findings)
        mark_finished(environment, finished)
        return finished

    def _run(
        self, command: Sequence[str | Path], told: Callable[[str], None], watch: Callable[[], object] = lambda: None
    ) -> int:
        folders = self.plan.folders
        variables = uv_environment(folders, os.environ, self.plan.offline is not None)
        return run_child(command, folders.root, variables, self._telling(told), self.cancelled, SILENCE, watch)

    def _telling(self, told: Callable[[str], None]) -> Callable[[str], None]:
        def both(line: str) -> None:
            self.log(line)
            told(line)

        return both


def refusal_for(program: str, status: int, said: Sequence[str]) -> Refusal:
    """What the exit status and the last words of a uv or pip that failed mean."""
    if status < 0:
        return Refusal("set-up-failed", f"{program} was ended from outside (signal {-status}).", _CURE)
    words = "\n".join(said[-60:])
    for signs, sentence, cure in _REASONS:
        if any(sign in words for sign in signs):
            return Refusal("set-up-failed", sentence, cure)
    heard = UvProgress({}, 0)
    for line in said[-60:]:
        heard.tell(line)
    last = heard.error or (said[-1].strip() if said else "it said nothing")
    return Refusal("set-up-failed", f"{program} failed: {last.rstrip('.')}.", _CURE)
