"""python -m tests.fuzz: broken heads and files from seeds, a thousand if nothing else is said.

Prints how the cases ended, and every one that ended as it must not with its seed; the exit status says whether any did.
"""

import argparse
import sys
import time
import traceback
from collections import Counter

from tests.fuzz.case import HEADS, try_case


def main() -> int:
    """Run the cases."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--first", type=int, default=0, help="the first seed (default: 0)")
    parser.add_argument("--count", type=int, default=1000, help="how many (default: 1000)")
    parser.add_argument("--only", choices=("heads", "files"), help="leave out the others")
    chosen = parser.parse_args()
    ends: Counter[str] = Counter()
    wrong, started = 0, time.monotonic()
    for seed in range(chosen.first, chosen.first + chosen.count):
        kind = "heads" if seed % HEADS == 0 else "files"
        if chosen.only not in (None, kind):
            continue
        begun = time.monotonic()
        try:
            done, end = try_case(seed)
        except Exception:
            wrong += 1
            print(f"seed {seed}:\n{traceback.format_exc()}", flush=True)
            continue
        ends[f"{kind}: {end}"] += 1
        if time.monotonic() - begun > 60:
            print(f"seed {seed}: {time.monotonic() - begun:.0f} s ({done})", flush=True)
    for end, count in sorted(ends.items(), key=lambda one: -one[1]):
        print(f"{count:6} {end}")
    print(f"{sum(ends.values()) + wrong} cases in {time.monotonic() - started:.0f} s, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
