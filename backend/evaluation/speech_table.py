"""What was measured of speech, as tables."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from backend.evaluation.preview_sync import Sync
from backend.evaluation.speech_timing import Onsets
from backend.evaluation.speech_without_text import without_text_table


def speech_table(clips: Sequence[dict[str, Any]], silence: float, films: Sequence[Sync]) -> str:
    """One line for each figure, beside its target and baselines."""
    lines = []

    def share(key: str, name: str) -> str:
        made, all_of = (sum(clip[key][name][k] for clip in clips) for k in (0, 1))
        return f"{made}/{all_of} ({made / max(all_of, 1):.1%})"

    for name, target in (("P B M", "97 %"), ("F V", "95 %")):
        kinds = ("contacts", "contacts_with_anger", "contacts_with_fear", "contacts_of_loudness")
        calm, anger, fear, loud = (share(kind, name) for kind in kinds)
        lines.append(f"contacts {name}: {calm}, in full anger {anger}, in full fear {fear}; wanted {target}")
        lines.append(f"  loudness to jaw: {loud}")
    lines.append(f"most motion of a channel in silence: {silence:.3f}; wanted 0.02")
    read = sum(clip["emotions_read"] for clip in clips)
    every = 7 * len(clips)
    lines.append(f"emotions read from the upper face by rules: {read}/{every} ({read / every:.1%}); wanted 95 %")
    for clip in clips:
        if "onsets" in clip:
            lines.append(f"onsets of {clip['name']}: {_onsets(clip['onsets'])}; wanted 20 ms, 90 % within 60")
            lines.append(f"  phones spread evenly over words: {_onsets(clip['onsets_spread'])}")
    known = [clip for clip in clips if "visemes_spread" in clip]
    if known:
        lines.append(f"right visemes of phones spread evenly over true words: {_mean(known, 'visemes_spread'):.1%}")
    without = [clip["without_text"] for clip in clips if "without_text" in clip]
    if without:
        lines.append(without_text_table(without))
    apart, alike = np.mean([abs(one.apart) for one in films]), min(one.likeness for one in films)
    lines.append(
        f"picture and sound of a preview: {1000 * apart:.0f} ms apart (mean of {len(films)}; the picture tells of the "
        f"lips with a correlation of {alike:.2f} at least); wanted 20 ms"
    )
    aligned = [clip for clip in clips if clip["route"] == "aligned"]
    if aligned:
        cost = _mean(aligned, "of_real_time")
        lines.append(f"processor time with a text: {cost:.3f} of real time; wanted 0.06")
    return "\n".join(lines)


def _mean(clips: Sequence[dict[str, Any]], key: str) -> float:
    """Over their seconds."""
    return float(np.average([clip[key] for clip in clips], weights=[clip["seconds"] for clip in clips]))


def _onsets(found: Onsets) -> str:
    within = ", ".join(f"{share:.0%} < {limit}" for share, limit in zip(found.within, (20, 40, 60, 100), strict=True))
    return f"{1000 * found.mean:.0f} ms over {found.phones} phones ({within} ms)"
