"""``make bench``: ratios, both sides measured in one run, one thread; medians over repeated calls.

Seconds belong to this machine; the ratios are what carries over. ``python tests/bench video`` runs the parts named.
"""

import argparse
from importlib import import_module

PARTS = ("video", "messages", "scale", "parts", "fhei", "pose", "explore")

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("parts", nargs="*", metavar="PART", help=f"those named alone: {', '.join(PARTS)}")
options = parser.parse_args()
if unknown := sorted(set(options.parts) - set(PARTS)):
    parser.error(f"PART = {unknown[0]}: must be one of {', '.join(PARTS)}")
for part in options.parts or PARTS:
    import_module(part).main()
