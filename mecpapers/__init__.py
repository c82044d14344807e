"""Models, algorithms and verdicts of three papers on inference at the mobile edge.

``mecpapers.video`` holds Pan et al., arXiv 2301.01010. Importing this package imports no paper. What the commands
``check`` and ``solve`` of many instances do is here as ``mecpapers.check`` and ``mecpapers.solve_many``.
"""

from mecpapers.lazy import offer

__getattr__, _ = offer(__name__, {"check": "checking", "solve_many": "many"})
