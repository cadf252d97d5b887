"""python -m tests.fuzz: broken heads and files from seeds, a thousand if nothing else is said.

Prints how the cases ended, and every one that ended as it must not with its seed; the exit status says whether any did.
With --log a run that was broken off goes on where it was, and tries again what went wrong.
"""

import argparse
import faulthandler
import sys
import time
import traceback
from pathlib import Path

from tests.fuzz import log
from tests.fuzz.case import kind_of, try_case

LONG = 60.0
"""Seconds after which a case is worth a line."""


def main() -> int:
    """Run the cases."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--first", type=int, default=0, help="the first seed (default: 0)")
    parser.add_argument("--count", type=int, default=1000, help="how many (default: 1000)")
    parser.add_argument("--only", choices=("heads", "files"), help="leave out the others")
    parser.add_argument("--log", type=Path, help="a file with a line for each case; those in it are not tried again")
    chosen = parser.parse_args()
    faulthandler.enable()
    known = log.read(chosen.log) if chosen.log else {}
    tried = []
    for seed in range(chosen.first, chosen.first + chosen.count):
        if chosen.only not in (None, kind_of(seed)):
            continue
        one = known.get(seed)
        if one is None or one.end == log.WRONG:
            one = timed_case(seed)
            if chosen.log:
                log.append(chosen.log, one)
        tried.append(one)
    print(log.summary(tried))
    return int(any(one.end == log.WRONG for one in tried))


def timed_case(seed: int) -> log.Tried:
    """One case with the seconds that it took; what must not have been raised is printed."""
    begun = time.monotonic()
    try:
        done, end = try_case(seed)
    except Exception:
        done, end = "", log.WRONG
        print(f"seed {seed}:\n{traceback.format_exc()}", flush=True)
    seconds = time.monotonic() - begun
    if seconds > LONG:
        print(f"seed {seed}: {seconds:.0f} s ({done})", flush=True)
    return log.Tried(seed, kind_of(seed), end, seconds, done)


if __name__ == "__main__":
    sys.exit(main())
