"""R14: the suite on a core built with AddressSanitizer and UndefinedBehaviourSanitizer.

    python -m tests.reliability.r14_sanitizers               some ten minutes
    python -m tests.reliability.r14_sanitizers tests/core    what pytest is to run

It runs scripts/sanitize and counts the sanitizers' reports. The last line is the figure.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

from benchmarks import record

ROOT = Path(__file__).parents[2]
_REPORT = re.compile(r"ERROR: AddressSanitizer|runtime error: ")


def main() -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    record.add_option(parser)
    options, arguments = parser.parse_known_args()
    # -s: a report that ends the program must not be lost in what pytest has captured.
    with subprocess.Popen(
        [ROOT / "scripts" / "sanitize", "-s", *(arguments or ["tests"])],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
    ) as child:  # fmt: skip
        assert child.stdout is not None
        reports, last = 0, ""
        for each in child.stdout:
            print(each, end="", flush=True)
            reports += bool(_REPORT.search(each))
            last = each.strip(" =\n") or last
    verdict = re.sub(r" in .*", "", last)
    line = f"R14: {reports} reports of AddressSanitizer or UBSan in a suite of {verdict}"
    print(line)
    if options.record:
        record.keep("r14_sanitizers", "R14: sanitizers", line, __spec__.name)
    return 1 if reports or child.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
