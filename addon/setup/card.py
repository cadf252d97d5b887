"""The status card: what the self-test found, in few lines."""

from collections.abc import Sequence

from .finished import Finding

LABELS = {"device": "Device", "memory": "Memory", "python": "Python", "packages": "Packages", "self-test": "Self-test"}


def card(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    """Labels with their values; the models by name in one line."""
    rows = [(LABELS[one.name], one.text) for one in findings if one.ok and one.name in LABELS]
    models = [one.text.partition(",")[0].replace("_", " ") for one in findings if one.ok and one.name == "models"]
    return [*rows, ("Models", ", ".join(models))] if models else rows


def complaints(findings: Sequence[Finding]) -> list[tuple[str, str, str]]:
    """Labels with what is wrong and the cures."""
    return [(one.name.capitalize(), f"{one.text.rstrip('.')}.", one.cure) for one in findings if not one.ok]
