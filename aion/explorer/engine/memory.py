"""How much memory there is: of this process, this computer, its GPU. Bytes; None where unknown."""

from pathlib import Path

import torch

_PROC, _CGROUP = Path("/proc"), Path("/sys/fs/cgroup")


def of_process() -> int | None:
    """Resident set size."""
    return _kilobytes(_PROC / "self" / "status", "VmRSS")


def available(device: str) -> int | None:
    """What can still be taken on a device, ``"cpu"`` or ``"cuda:0 (name)"``; of the main memory no more than
    a container may have."""
    if device.startswith("cuda"):
        return int(torch.cuda.mem_get_info(torch.device(device.split()[0]))[0])
    limits = (_kilobytes(_PROC / "meminfo", "MemAvailable"), _left_in_container())
    return min((limit for limit in limits if limit is not None), default=None)


def _left_in_container() -> int | None:
    """Of the limit, without what files that were read take of it: as in ``MemAvailable``, the kernel gives
    that up for whoever asks."""
    limit, used = (_number(_CGROUP / name) for name in ("memory.max", "memory.current"))
    stat = _CGROUP / "memory.stat"
    if limit is None or used is None or not stat.is_file():
        return None
    parts = dict(line.split() for line in stat.read_text().splitlines())
    return limit - used + sum(int(parts.get(name, 0)) for name in ("active_file", "inactive_file"))


def _kilobytes(path: Path, name: str) -> int | None:
    """A line ``name:  123 kB``, in bytes."""
    if not path.is_file():
        return None
    found = [line.split()[1] for line in path.read_text().splitlines() if line.startswith(f"{name}:")]
    return 1024 * int(found[0]) if found else None


def _number(path: Path) -> int | None:
    text = path.read_text().strip() if path.is_file() else ""
    return int(text) if text.isdigit() else None
