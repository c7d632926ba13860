"""Targets of the sky as a source: what the archives gave for each, under the name that its list has."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aion.errors import AIONError
from aion.explorer.survey.contract import Failure
from aion.explorer.survey.sources import PartitionInput, SurveySource
from aion.io import Overrides
from aion.sky.lists import FetchedTarget

TARGETS = 64
"""Of a partition."""


@dataclass(frozen=True)
class TargetPartition:
    """Some targets of a list."""

    fetched: tuple[FetchedTarget, ...]
    overrides: Overrides
    strict: bool

    @property
    def name(self) -> str:
        """The first target."""
        return f"{self.fetched[0].target.id} and {len(self.fetched) - 1} more"

    @property
    def size(self) -> int:
        """Targets."""
        return len(self.fetched)

    @property
    def inputs(self) -> list[Path]:
        """Their files."""
        return [path for one in self.fetched for path in one.files]

    def read(self) -> PartitionInput:
        """The objects, and what is missing of each target."""
        targets, failures = [], []
        for one in self.fetched:
            may_pass = not one.is_final
            try:
                targets += one.objects(self.overrides, strict=self.strict)
            except AIONError as exc:
                failures.append(Failure(one.target.id, "", str(exc), may_pass))
                continue
            if may_pass:
                why = f"a part of it did not come: {'; '.join(one.missing)}"
                failures.append(Failure(one.target.id, "", why, may_pass))
        return PartitionInput(targets, failures)


def open_targets(
    fetched: Sequence[FetchedTarget], overrides: Overrides, *, strict: bool, most: int = TARGETS
) -> SurveySource:
    """Targets whose files are here, in the order of their list; at most so many in a partition."""
    groups = [tuple(fetched[first : first + most]) for first in range(0, len(fetched), most)]
    return SurveySource(
        [TargetPartition(group, overrides, strict) for group in groups],
        "targets",
        [(f"{one.target.id}: {one.target.text}", 0) for one in fetched],  # what did not come may come later
        settings={"overrides": list(overrides.texts), "strict": strict},
    )
