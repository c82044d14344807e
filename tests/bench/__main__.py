"""``make bench``: ratios, both sides measured in one run, one thread; medians over repeated calls.

Seconds belong to this machine; the ratios are what carries over. ``python tests/bench video`` runs the parts named.
"""

import argparse
from importlib import import_module

PARTS = ("video", "messages", "scale", "parts", "fhei", "pose", "explore")

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=", ".join(PARTS))  # []: none
for part in parser.parse_args().parts or PARTS:
    import_module(part).main()
