"""Models, algorithms and verdicts of three papers on inference at the mobile edge.

``mecpapers.video`` holds Pan et al., arXiv 2301.01010. Importing this package imports no paper.
"""
