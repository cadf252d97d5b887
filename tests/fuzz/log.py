"""A record of the cases that a run has tried, so that a run that was broken off goes on where it was."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

WRONG = "WRONG"
"""How a case ended that ended as it must not."""


@dataclass(frozen=True)
class Tried:
    """One case. kind: heads or files. end: "result", the code of a refusal, or WRONG. done: what was broken."""

    seed: int
    kind: str
    end: str
    seconds: float
    done: str


def append(path: Path, tried: Tried) -> None:
    """Add a line for a case."""
    with path.open("a", encoding="utf-8") as stream:
        stream.write(f"{tried.seed}\t{tried.kind}\t{tried.end}\t{tried.seconds:.1f}\t{tried.done}\n")


def read(path: Path) -> dict[int, Tried]:
    """The last line of every seed that was tried; empty where there is no file. A line that was cut off is left out."""
    if not path.is_file():
        return {}
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        fields = line.rstrip("\n").split("\t")
        if line.endswith("\n") and len(fields) == 5:
            seed, kind, end, seconds, done = fields
            found[int(seed)] = Tried(int(seed), kind, end, float(seconds), done)
    return found


def summary(tried: list[Tried]) -> str:
    """How often each end came, and what the cases took."""
    ends = Counter(f"{one.kind}: {one.end}" for one in tried)
    lines = [f"{count:6} {end}" for end, count in sorted(ends.items(), key=lambda one: (-one[1], one[0]))]
    wrong = sum(one.end == WRONG for one in tried)
    return "\n".join([*lines, f"{len(tried)} cases in {sum(one.seconds for one in tried):.0f} s, {wrong} wrong"])
