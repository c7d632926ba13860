"""What a command of the command line did."""

from dataclasses import dataclass, field


@dataclass
class Outcome:
    """How many objects have a result, and what is left out."""

    count: int = 0
    """Objects with a result."""
    failures: list[str] = field(default_factory=list)
    """A sentence for each file or object that is left out."""

    def leave_out(self, what: str, why: Exception | str) -> None:
        """Go on without it."""
        self.failures.append(str(why) if what in str(why) else f"{what}: {why}")
