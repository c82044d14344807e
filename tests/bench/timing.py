"""How ``make bench`` reports: both sides in one run."""

from mecpapers.clock import growth as exponent
from mecpapers.clock import median_seconds

__all__ = ["exponent", "median_seconds", "report"]


def report(what: str, ours: float, theirs: float, equal: float) -> None:
    """Print one line: both sides, their ratio, and how nearly the objectives agree."""
    print(f"{what:62} {1e3 * ours:9.3f} ms {1e3 * theirs:9.3f} ms {theirs / ours:8.0f} x   {equal:.0e}")
