"""``make bench``: ratios, both sides measured in one run, one thread; medians over repeated calls.

Seconds belong to this machine; the ratios are what carries over. ``python tests/bench video`` runs the parts named.
"""

import sys
from importlib import import_module

PARTS = ("video", "messages", "scale", "parts", "fhei", "pose", "explore")

for part in sys.argv[1:] or PARTS:
    import_module(part).main()
