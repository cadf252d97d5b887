"""A report to paste into a question: what the machine is, what was found, what set-up said last."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from .finished import Finding

_SECRET = re.compile(r"(?<=://)[^/\s@]+@")


def report(facts: Mapping[str, str], findings: Sequence[Finding], logs: Mapping[str, Sequence[str]]) -> str:
    """Facts, findings and the ends of logs as plain text, without the user's name and without passwords."""
    lines = [f"{name}: {text}" for name, text in facts.items()]
    if findings:
        lines += ["", "Self-test"]
        lines += [f"{'ok' if one.ok else 'WRONG':6}{one.name:12}{one.text} {one.cure}".rstrip() for one in findings]
    for name, log in logs.items():
        lines += ["", name, *log] if log else []
    return anonymous("\n".join(lines) + "\n", Path.home())


def anonymous(text: str, home: Path) -> str:
    """The text with ~ for the user's home, and addresses without the password before their host."""
    return _SECRET.sub("", text).replace(str(home), "~") if len(str(home)) > 1 else _SECRET.sub("", text)
