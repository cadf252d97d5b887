"""Words that were heard and words of a text, matched in order."""

from collections.abc import Sequence

import numpy as np

BAND = 1500
"""Words by which a match may be away from where the text would be if it was read evenly."""


def match_words(heard: Sequence[str], text: Sequence[str]) -> list[tuple[int, int]]:
    """Numbers of heard words and of the text's words that are the same, in order, as many as can be (the longest common
    subsequence, within BAND)."""
    if not heard or not text:
        return []
    numbers = {word: number for number, word in enumerate(dict.fromkeys([*heard, *text]))}
    one, other = (np.array([numbers[word] for word in words]) for words in (heard, text))
    width = min(2 * BAND + 1, len(other))
    slope = max(len(other) - width, 0) / max(len(one) - 1, 1)
    starts = np.round(slope * np.arange(len(one))).astype(int)
    best = np.zeros((len(one) + 1, width + 1), np.int32)
    shifts = np.diff(starts, prepend=starts[0])
    for row, (start, shift) in enumerate(zip(starts, shifts, strict=True)):
        # The row before, seen from where this row's band begins: column k is the text up to word start + k.
        before = np.concatenate([best[row, shift:], np.full(shift, best[row, -1])])
        same = other[start : start + width] == one[row]
        best[row + 1, 0] = before[0]
        best[row + 1, 1:] = np.maximum(before[1:], before[:-1] + same)
        np.maximum.accumulate(best[row + 1], out=best[row + 1])
    pairs = []
    row, column = len(one), width
    while row:
        here, shift = best[row, column], shifts[row - 1]
        if column and here == best[row, column - 1]:
            column -= 1
            continue
        above = min(column + shift, width)
        if here > best[row - 1, above]:
            pairs.append((row - 1, int(starts[row - 1] + column - 1)))
            above = min(column - 1 + shift, width)
        row, column = row - 1, above
    return pairs[::-1]
