"""What a person decides of one object, in the words of DESI's visual inspection and of Marz.

Qualities, issues and classes are those of prospect (``utilities.vi_flags`` of
https://github.com/desihub/prospect).
"""

from dataclasses import dataclass

QUALITIES = {
    4: "confident: two or more secure features",
    3: "probable: one secure feature and the continuum, or many weak features",
    2: "possible: one strong feature, but unsure what it is",
    1: "unlikely: clear signal, but no feature is identified",
    0: "nothing there, no signal",
}
"""How sure a redshift is -> what that means."""
SECURE_FROM = 3
"""Quality from which a redshift is used."""
ISSUES = {"R": "Bad redshift", "C": "Bad class", "S": "Bad spectrum"}
"""Flags, each a letter; R and C are of what the pipeline or the catalog says."""
KINDS = ("GALAXY", "QSO", "STAR")
"""Classes."""


@dataclass(frozen=True)
class Decision:
    """What one person says of one object.

    Raises:
        ValueError: a quality, class or issue that there is not.
    """

    object_id: str
    person: str
    z: float | None = None
    """The redshift that was accepted; None: none was."""
    quality: int | None = None
    """0 to 4; None: not inspected, or no longer."""
    kind: str = ""
    """One of `KINDS`; empty: as the catalog says."""
    issues: str = ""
    """Letters of `ISSUES`, in their order."""
    comment: str = ""
    time: str = ""
    """UTC, ISO 8601."""

    def __post_init__(self) -> None:
        if self.quality is not None and self.quality not in QUALITIES:
            raise ValueError(f"a quality is 0 to 4, not {self.quality}")
        if self.kind and self.kind not in KINDS:
            raise ValueError(f"a class is one of {', '.join(KINDS)}, not {self.kind!r}")
        if self.issues != "".join(letter for letter in ISSUES if letter in self.issues):
            raise ValueError(f"issues are letters of {', '.join(ISSUES)}, each once, not {self.issues!r}")

    @property
    def is_inspected(self) -> bool:
        """Whether it has a quality."""
        return self.quality is not None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said, as after an undo of everything."""
        return self.z is None and self.quality is None and not (self.kind or self.issues or self.comment)


def main_kind(kind: str) -> str:
    """``"GALAXY"`` of ``"GALAXY/STARBURST"``, as a catalog says it; empty for what is none of `KINDS`."""
    said = "QSO" if kind.upper().startswith("QUASAR") else kind.upper()
    return next((one for one in KINDS if said.startswith(one)), "")
