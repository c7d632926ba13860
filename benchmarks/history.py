"""Ratios of earlier runs of the benchmark, `history.csv`: what, by which commit, on which machine."""

import csv
import io
import os
import platform
import subprocess
import tarfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

HISTORY = Path(__file__).with_name("history.csv")
COLUMNS = ("date", "machine", "commit", "what", "peer / now", "before", "before / now")


def machine() -> str:
    """The processor, how many cores of it, and whether it multiplies bfloat16 in hardware."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else []
    facts = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    name = facts.get("model name", platform.processor() or platform.machine())
    has_bfloat16 = {"avx512_bf16", "amx_bf16"} & set(facts.get("flags", "").split())
    return f"{name}, {os.cpu_count()} cores, {'bfloat16' if has_bfloat16 else 'no bfloat16'}"


def commit_of(root: Path) -> str | None:
    """The commit that a tree is of; None where the tree differs from it, or is of none."""
    if not _git(root, "rev-parse", "HEAD") or _git(root, "status", "--porcelain"):
        return None
    return _git(root, "rev-parse", "HEAD")[:12]


def recorded_commit() -> str | None:
    """The commit of the last line."""
    lines = _lines()
    return lines[-1]["commit"] if lines else None


def unpack(commit: str, root: Path) -> Path | None:
    """The tree of a commit in ``.cache``; None where this clone has it not."""
    folder = root / ".cache" / "benchmark" / commit
    if not folder.is_dir():
        packed = subprocess.run(["git", "archive", commit], cwd=root, capture_output=True, check=False)
        if packed.returncode:
            return None
        folder.mkdir(parents=True)
        with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
            archive.extractall(folder, filter="data")
    return folder


def record(ratios: Sequence[tuple[str, str, str]], commit: str) -> None:
    """Add (what, peer / now, before / now) of a commit."""
    before, where, lines = recorded_commit(), machine(), _lines()
    with HISTORY.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
        for what, peer, earlier in ratios:
            values = (date.today().isoformat(), where, commit, what, peer, before if earlier else "", earlier)
            writer.writerow(dict(zip(COLUMNS, values, strict=True)))


def _lines() -> list[dict[str, str]]:
    if not HISTORY.is_file():
        return []
    with HISTORY.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
