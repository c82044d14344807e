"""``python tests/fuzz [CASES]``: the fuzz run with its counts by paper, scheme and exit status."""

import argparse
import os
import sys
import time
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="?", type=int, default=10_000, help="in all; 10000 if not given")
    os.environ["FUZZ_CASES"] = str(parser.parse_args().cases)
    import pytest

    here, start = Path(__file__).parent, time.monotonic()

    class Counts:
        def pytest_sessionfinish(self, session: pytest.Session) -> None:
            (module,) = {item.module for item in session.items}
            print(f"\n== {sum(module.COUNTS.values())} runs of the command in {time.monotonic() - start:.0f} s")
            for (paper, scheme, status), count in sorted(module.COUNTS.items(), key=str):
                print(f"{paper:8}{scheme:18}exit {status}{count:8}")

    return int(pytest.main(["-q", "-p", "no:cacheprovider", str(here / "test_fuzz.py")], plugins=[Counts()]))


if __name__ == "__main__":
    sys.exit(main())
