"""A list of targets -> a folder with the files of each, one target after the other, so that no service is
hurried; what is there is not fetched again.

``folder/00012/`` holds the files of the twelfth target, and ``folder/00012.json``, which is written last,
says what they are: a process that is killed has lost at most the target that it was at.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self
from uuid import uuid4

from aion.errors import ArchiveError, NothingThereError, StoppedError, explained_fault
from aion.io import ArchiveFile, Overrides, Provenance, SkyObject, read
from aion.io.targets import ListedTarget
from aion.sky.archive import Archive
from aion.sky.gather import Finding, gather
from aion.sky.resolve import resolve
from aion.sky.search_progress import SearchProgress
from aion.sky.services import KINDS

MOST_FAILURES = 5
"""Targets in a row that no service answers for: then there is no network, and the rest can wait."""


@dataclass(frozen=True)
class FetchedTarget:
    """What the archives gave for one target of a list."""

    target: ListedTarget
    files: tuple[Path, ...]
    provenances: tuple[Provenance, ...]
    """Of the files, in their order."""
    missing: tuple[str, ...]
    """A sentence for each thing that is not there or did not come."""
    is_final: bool
    """False where a service did not answer: asked again, it may."""

    def open(self) -> list[ArchiveFile]:
        """Its files, to be read."""
        pairs = zip(self.files, self.provenances, strict=True)
        return [ArchiveFile(path.read_bytes(), path.name, provenance) for path, provenance in pairs]

    def objects(self, overrides: Overrides | None = None, *, strict: bool = False) -> list[SkyObject]:
        """What its files hold, under the name that the list has for it.

        Raises:
            NothingThereError: there is none.
            InputError: a file cannot be used.
        """
        if not self.files:
            raise NothingThereError("; ".join(self.missing))
        first, *others = read(self.open(), overrides=overrides, strict=strict)
        return [replace(first, id=self.target.id), *others]

    @classmethod
    def load(cls, about: Path, target: ListedTarget) -> Self | None:
        """As it was kept; None where it was not, or is of another target."""
        try:
            kept = json.loads(about.read_bytes())
            files = tuple(about.with_suffix("") / name for name in kept["files"])
            provenances = tuple(Provenance(**one) for one in kept["provenances"])
            if kept["target"] != asdict(target) or not all(path.is_file() for path in files):
                return None
            return cls(target, files, provenances, tuple(kept["missing"]), kept["is_final"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save(self, about: Path) -> None:
        """Beside the folder of its files."""
        kept = {
            "target": asdict(self.target),
            "files": [path.name for path in self.files],
            "provenances": [asdict(one) for one in self.provenances],
            "missing": self.missing,
            "is_final": self.is_final,
        }
        _write(about, json.dumps(kept, indent=1).encode())


def fetch_list(
    targets: Sequence[ListedTarget],
    folder: Path,
    archive: Archive,
    progress: SearchProgress,
    *,
    kinds: Sequence[str] = KINDS,
    done: Callable[[int], None] = lambda count: None,
) -> list[FetchedTarget]:
    """All of them, in their order; what fails is in `FetchedTarget.missing`, and the rest goes on.

    Args:
        done: told how many targets are done, after each.

    Raises:
        StoppedError: `progress` was asked to stop; what was fetched is kept.
        ArchiveError: no service answered for `MOST_FAILURES` targets in a row; what was fetched is kept.
    """
    fetched: list[FetchedTarget] = []
    failures = 0
    for number, target in enumerate(targets, start=1):
        about = folder / f"{number:05d}.json"
        kept = FetchedTarget.load(about, target)
        if kept is None or not kept.is_final:
            kept = _fetch(target, about, archive, progress, kinds)
            failures = 0 if kept.is_final or kept.files else failures + 1
        if failures >= MOST_FAILURES:
            raise ArchiveError(
                f"no service answered for {failures} targets in a row ({kept.missing[0]}); "
                f"{number - failures} of {len(targets)} are fetched and kept: go on later"
            )
        fetched.append(kept)
        done(number)
    return fetched


def _fetch(
    target: ListedTarget, about: Path, archive: Archive, progress: SearchProgress, kinds: Sequence[str]
) -> FetchedTarget:
    try:
        finding = gather(resolve(target.text, archive, progress), archive, progress, kinds=kinds)
    except StoppedError:
        raise
    except Exception as exc:  # one target of many
        problem = explained_fault(exc)
        failed = FetchedTarget(target, (), (), (str(problem),), not isinstance(problem, ArchiveError))
        return _kept(failed, about)
    return _kept(_of_finding(target, finding, about.with_suffix("")), about)


def _of_finding(target: ListedTarget, finding: Finding, folder: Path) -> FetchedTarget:
    """With the files of the best, on disk."""
    files = finding.files()
    for file in files:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / file.name, file.data)
    return FetchedTarget(
        target,
        tuple(folder / file.name for file in files),
        tuple(file.provenance for file in files),
        finding.missing,
        finding.is_complete,
    )


def _kept(fetched: FetchedTarget, about: Path) -> FetchedTarget:
    about.parent.mkdir(parents=True, exist_ok=True)
    fetched.save(about)
    return fetched


def _write(path: Path, data: bytes) -> None:
    draft = path.with_name(f"{path.name}.{uuid4().hex}")
    draft.write_bytes(data)
    draft.replace(path)
