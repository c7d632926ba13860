"""Spectra of SDSS by plate, MJD and fiber, and the specObjID that has these in its bits. Reads no file."""

import re
from dataclasses import dataclass
from typing import Self

_SPELLING = re.compile(r"(?:spec-|sdss\s*|boss\s*)?(\d{3,5})[-\s](\d{5})[-\s](\d{1,4})(?:\.fits)?", re.I)
FIRST_MJD = 50_000
"""What specObjID counts days from."""
FIRST_PLATE = 266
"""Of SDSS that has spectra in a data release; a number with a smaller one is something else, such as a
TARGETID."""


@dataclass(frozen=True)
class PlateFiber:
    """A spectrum of SDSS, BOSS or eBOSS.

    specObjID has plate (14 bits), fiber (12), mjd - 50000 (14), run2d (14) and 10 bits that are zero:
    https://www.sdss.org/dr17/help/glossary/#specobj
    """

    plate: int
    mjd: int
    fiber: int

    @property
    def text(self) -> str:
        """``0266-51630-0053``, as the files of SDSS are named."""
        return f"{self.plate:04d}-{self.mjd}-{self.fiber:04d}"

    @classmethod
    def of_text(cls, text: str) -> Self | None:
        """Of ``266-51630-53`` or the name of a file; None of other text."""
        match = _SPELLING.fullmatch(text)
        return cls(*map(int, match.groups())) if match else None

    def is_possible(self) -> bool:
        """Whether the bits of a specObjID hold it."""
        return self.plate < 2**14 and 0 <= self.mjd - FIRST_MJD < 2**14 and self.fiber < 2**12

    def specobjid(self, run2d: int) -> int:
        """As a processing numbers it, in 64 bits with a sign: negative from plate 8192 on."""
        return signed(self.plate << 50 | self.fiber << 38 | (self.mjd - FIRST_MJD) << 24 | run2d << 10)

    @classmethod
    def of_specobjid(cls, number: int) -> Self | None:
        """Of a specObjID with or without a sign; None of a number that is none."""
        bits = number % 2**64
        found = cls(bits >> 50, (bits >> 24 & 0x3FFF) + FIRST_MJD, bits >> 38 & 0xFFF)
        return found if found.is_possible() and found.plate >= FIRST_PLATE else None


def signed(number: int) -> int:
    """64 bits as archives keep them."""
    return number - 2**64 if number >= 2**63 else number
