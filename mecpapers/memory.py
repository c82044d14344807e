"""How much memory there is, so that an instance beyond it is refused before it is begun."""

from __future__ import annotations

import os
from pathlib import Path

from mecpapers.solution import TooLarge

_MEMINFO = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup")
_LITTLE = 1 << 24  # byte: what so little needs is not looked at, since a look takes as long as a small problem


def free_bytes() -> float:
    """Memory that this process may still take [byte]: the least of what system, group and limits leave; else inf."""
    return min(_system(), _group(), _limit())


def check_memory(what: str, needed: float) -> None:
    """Refuse what needs more memory than there is.

    Parameters
    ----------
    what : the field and its value, as the message begins
    needed : [byte]

    Raises
    ------
    TooLarge
        saying how much it needs and how much there is.
    """
    if needed > _LITTLE and needed > (free := free_bytes()):
        raise TooLarge(f"{what} need {needed / 1e9:.3g} GB of memory: must be at most the {free / 1e9:.3g} GB free")


def _system() -> float:
    if _MEMINFO.exists():
        fields = dict(line.split(":") for line in _MEMINFO.read_text(encoding="ascii").splitlines())
        return 1024.0 * int(fields["MemAvailable"].split()[0])
    if "SC_PHYS_PAGES" in os.sysconf_names:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return float("inf")


def _group() -> float:
    """What a container leaves (Linux, cgroup v2)."""
    try:
        most, used = (_GROUP / name for name in ("memory.max", "memory.current"))
        return float(int(most.read_text(encoding="ascii")) - int(used.read_text(encoding="ascii")))
    except (OSError, ValueError):  # no group, or "max"
        return float("inf")


def _limit() -> float:
    """What ``ulimit -v`` leaves."""
    try:
        import resource

        most, _ = resource.getrlimit(resource.RLIMIT_AS)
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (ImportError, OSError):
        return float("inf")
    return float("inf") if most == resource.RLIM_INFINITY else float(most - pages * resource.getpagesize())


def peak_bytes() -> int:
    """The most memory that this process has held since it started its program [byte]; 0 where the system won't say.

    Unlike ``ru_maxrss`` it does not count what the process that started this one held.
    """
    try:
        text = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in text.splitlines() if line.startswith("VmHWM")), 0)
