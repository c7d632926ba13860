"""How many processors a process may use, and how the threads of one computation wait for each other.

Both are told to the OpenMP runtime (GNU's, in torch and in faiss) by variables that it reads when it is
loaded.
"""

import math
import os
from collections.abc import Mapping
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
"""Where a container finds its own limits."""
WAITING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
"""Each says how a thread waits; one that is set is left alone, and the others with it."""


def thread_variables(environment: Mapping[str, str], cgroup: Path = CGROUP) -> dict[str, str]:
    """What is to be added to this environment: no more threads than processors that run them, and that those
    that wait sleep.

    By default they look on in a loop, which takes the processor from the very thread they wait for where
    others compute too. What the environment says already is kept.
    """
    added = {"OMP_NUM_THREADS": str(usable_processors(cgroup)), "OMP_WAIT_POLICY": "passive"}
    if any(name in environment for name in WAITING):
        del added["OMP_WAIT_POLICY"]
    return {name: value for name, value in added.items() if name not in environment}


def usable_processors(cgroup: Path = CGROUP) -> int:
    """Processors that this process may use at once, at least 1: those that it may run on, and no more than
    the time that its container gets (``cpu.max``) fills."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(count, _quota(cgroup))))


def _quota(cgroup: Path) -> float:
    """Processors' worth of time in each period; infinite where nothing limits it."""
    try:  # version 2 has one file, version 1 two
        quota, period = (cgroup / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            quota, period = (
                (cgroup / "cpu" / f"cpu.cfs_{name}_us").read_text().strip() for name in ("quota", "period")
            )
        except OSError:
            return math.inf
    return int(quota) / int(period) if quota.isdigit() and period.isdigit() and int(period) else math.inf
