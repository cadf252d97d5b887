"""The marker of an environment that has passed its self-test, with what the test found."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from ...backend.errors import Refusal
from .folders import Folders, python_in
from .lock import Lock, locks_for
from .machine import Machine

MARKER = "facsimile.json"
_MAX_MARKER = 1 << 20


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's."""

    name: str
    ok: bool
    text: str
    cure: str = ""


@dataclass(frozen=True)
class Finished:
    """lock: its name. tested: seconds since 1970."""

    lock: str
    tested: float
    findings: tuple[Finding, ...]


def parse_findings(text: str) -> tuple[Finding, ...]:
    """What `doctor --json` printed, among whatever its libraries say. Raises Refusal for anything else."""
    try:
        lines = text.splitlines()
        start = len(lines) - 1 - lines[::-1].index("[")
        entries, _ = json.JSONDecoder().raw_decode("\n".join(lines[start:]))
        found = tuple(
            Finding(str(one["name"]), one["ok"] is True, str(one["text"]), str(one["cure"])) for one in entries
        )
    except (ValueError, KeyError, TypeError) as error:
        raise Refusal("no-findings", "The self-test ended without a result.", "Repair the backend.") from error
    if not found:
        raise Refusal("no-findings", "The self-test looked at nothing.", "Repair the backend.")
    return found


def mark_finished(environment: Path, finished: Finished) -> None:
    """Writes the marker, whole or not at all."""
    partial = environment / f"{MARKER}.{os.getpid()}"
    partial.write_text(json.dumps(asdict(finished), indent=1), encoding="utf-8")
    partial.replace(environment / MARKER)


def unmark(environment: Path) -> None:
    """From now on the environment is unfinished."""
    (environment / MARKER).unlink(missing_ok=True)


def read_finished(environment: Path) -> Finished | None:
    """The marker; None where the environment is unfinished or the marker damaged."""
    path = environment / MARKER
    try:
        if path.stat().st_size > _MAX_MARKER:
            return None
        held = json.loads(path.read_text(encoding="utf-8"))
        findings = tuple(Finding(**one) for one in held["findings"])
        return Finished(str(held["lock"]), float(held["tested"]), findings)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def finished_environment(machine: Machine, folders: Folders, locks: Path, wish: str) -> tuple[Lock, Path] | None:
    """The finished environment for this version of the extension and its Python; the wished device's before others."""
    found = []
    for lock in locks_for(machine.system, machine.processor, locks):
        environment = folders.environment(lock)
        python = python_in(environment, machine.system)
        if (environment / MARKER).is_file() and python.is_file():
            wanted = lock.device == (machine.device if wish == "auto" else wish)
            found.append((not wanted, lock.device == "cpu", lock.name, lock, python))
    return min(found)[3:5] if found else None
