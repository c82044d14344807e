"""The last-bit test: all committed notebooks and the ledger once more, every number moved in its last places.

``python tests/bits``, or with ``--seed 2``, ``--plain`` (NumPy's kernels as they are) and notebooks to run alone.
"""

import argparse
import sys

import runs


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="*")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", action="store_true", help="NumPy's kernels as they are, not its lowest")
    options = parser.parse_args()
    run = runs.Run(seed=options.seed, disabled=() if options.plain else tuple(runs.dispatched()))
    return 0 if run.compare(*options.notebooks) else 1


if __name__ == "__main__":
    sys.exit(main())
