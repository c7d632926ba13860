"""What reading gives and takes: `SkyObject` with its `Report`, and `Overrides`. Knows no file format."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Self

import numpy as np
from numpy.typing import NDArray

from aion.bands import DES_BANDS, HSC_BANDS, band_names
from aion.errors import ConfigError, ModalityError

if TYPE_CHECKING:  # files are spoken of before one is read, and torch comes with the modalities
    from aion.modalities import Modality

Source = str | os.PathLike[str] | bytes | BinaryIO | Mapping[str, Any] | Any
"""One thing to read: a path, bytes, an open file, a table, HDUs, a spectrum, or a record in memory."""

IMAGE_SURVEYS = ("Legacy Survey", "HSC")
SPECTRUM_SURVEYS = ("SDSS", "DESI")
WAVELENGTH_UNITS = ("Angstrom", "nm", "um", "m", "log10(Angstrom)", "ln(Angstrom)")
How = Literal["header", "detected", "assumed", "dropped", "you set"]


@dataclass(frozen=True)
class Entry:
    """One thing that reading decided: ``Entry("medium", "vacuum", "header", "VACUUM = T")``."""

    what: str
    value: str
    how: How
    """``header``: the file says so; ``detected``: follows from the data; ``assumed``: nothing says so;
    ``dropped``: not used."""
    note: str = ""
    choices: tuple[str, ...] = ()
    """Settings that decide an assumption, as `Overrides.parse` takes them; the assumed one first."""

    def sentence(self) -> str:
        """For people: ``medium: vacuum (header; VACUUM = T)``."""
        return f"{self.what}: {self.value} ({self.how}{'; ' + self.note if self.note else ''})"


@dataclass(frozen=True)
class Provenance:
    """Where a file from an archive is from."""

    url: str
    """What was asked; of a POST, with what was posted after a ``#``."""
    time: str
    """UTC, ISO 8601, when the answer arrived."""
    sha256: str
    """Of the answer as it came."""
    survey: str
    """Whose data these are, a key of ``aion.sky.ACKNOWLEDGMENTS``."""
    separation: float | None = None
    """Arcsec between what is in the file and the position that was asked for."""
    note: str = ""
    """What was changed of the answer; empty: nothing."""
    service: str = ""
    """Which service answered, for people: ``"SPARCL"``."""


class ArchiveFile(BytesIO):
    """A file from an archive, to be read as any other; its report says where it is from."""

    def __init__(self, data: bytes, name: str, provenance: Provenance) -> None:
        super().__init__(data)
        self.name, self.provenance = name, provenance


@dataclass(frozen=True)
class Report:
    """What one file was found to be."""

    format: str
    """Such as ``"SDSS spec"``."""
    source: str
    """Name of the file."""
    sha256: str
    """Of the bytes that were given; empty for a record in memory."""
    entries: tuple[Entry, ...]
    provenance: Provenance | None = None
    """Of a file that was fetched from an archive."""

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def sentences(self) -> tuple[str, ...]:
        """One line for each entry."""
        return tuple(entry.sentence() for entry in self.entries)


@dataclass(frozen=True, eq=False)
class ImageFrame:
    """What one image came with, on its own pixels; for display, never read by a codec."""

    pixel_scale: float | None = None
    """Arcsec; None: the file does not say."""
    header: Mapping[str, Any] = field(default_factory=dict)
    """FITS cards of the WCS; empty without one."""
    ivar: NDArray[np.float32] | None = None
    """(bands, height, width), unit of the flux to the power -2."""
    mask: NDArray[Any] | None = None
    """(height, width) or (bands, height, width), non-zero as the survey means it (HSC: True = bad)."""


@dataclass(frozen=True, eq=False)
class SkyObject:
    """The object looked at: modalities ready for the codecs, or the tokens that a catalog keeps of it."""

    id: str
    """TARGETID, plate-mjd-fiber, brick-objid, or the name of the file; text, as many exceed a float."""
    modalities: "tuple[Modality, ...]" = ()
    """At most one of each class, a batch of one, as ``CodecManager.encode`` takes; never the redshift."""
    reports: tuple[Report, ...] = ()
    """One for each file it came from."""
    ra: float | None = None
    """Degrees, ICRS."""
    dec: float | None = None
    """Degrees, ICRS."""
    z_reference: float | None = None
    """Redshift that the file or the catalog states: for comparison only, never given to the model."""
    kind: str = ""
    """Class that the survey or the catalog states, such as ``"GALAXY/STARBURST"``; empty if unknown."""
    snr: float | None = None
    """Median per good pixel of the spectrum."""
    frames: Mapping[str, ImageFrame] = field(default_factory=dict)
    """Token key of an image -> what that image came with."""
    tokens: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    """Token key -> (n,) ids, of an object of a catalog, which has no modalities."""

    @property
    def streams(self) -> tuple[str, ...]:
        """Token keys of all that is known of it."""
        return tuple(self.tokens) or tuple(modality.token_key for modality in self.modalities)


@dataclass(frozen=True)
class Unread:
    """A file, or rows of one, that gave no object."""

    source: str
    """Name of the file."""
    why: str


@dataclass(frozen=True)
class Overrides:
    """Values that a person sets in place of what would be detected; None = detect.

    Raises:
        ConfigError: a value that is not possible.
    """

    survey: str | None = None
    """``"Legacy Survey"`` or ``"HSC"`` for images, ``"SDSS"`` or ``"DESI"`` for spectra."""
    bands: tuple[str, ...] | None = None
    """Band of each image plane, such as ``("g", "r", "z")``; the survey's prefix may be left out."""
    image_flux_scale: float | None = None
    """What stored pixels are multiplied by to be in nanomaggies, or in counts of zero-point 27 (HSC)."""
    spectrum_flux_scale: float | None = None
    """What stored fluxes are multiplied by to be in 1e-17 erg/s/cm2/Å."""
    wavelength_unit: str | None = None
    """One of WAVELENGTH_UNITS."""
    medium: str | None = None
    """``"air"`` or ``"vacuum"``: what the stored wavelengths are."""
    mask_sense: str | None = None
    """``"bad"`` or ``"good"``: what a non-zero (True) value of the spectrum's mask says of its pixel."""
    pixel_scale: float | None = None
    """Arcsec per pixel of the image."""
    position: tuple[float, float] | None = None
    """RA and Dec (degrees, ICRS) of the object in a larger image."""

    def __post_init__(self) -> None:
        _one_of("survey", self.survey, (*IMAGE_SURVEYS, *SPECTRUM_SURVEYS))
        _one_of("wavelength_unit", self.wavelength_unit, WAVELENGTH_UNITS)
        _one_of("medium", self.medium, ("air", "vacuum"))
        _one_of("mask_sense", self.mask_sense, ("bad", "good"))
        for name in ("image_flux_scale", "spectrum_flux_scale", "pixel_scale"):
            value = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                raise ConfigError(f"{name} is {value!r}; a positive number is expected")
        if self.position is not None:
            _check_position(self.position)
        if self.bands is not None:
            self._check_bands(tuple(self.bands))

    def set_fields(self) -> dict[str, Any]:
        """Field -> value, for those that are set."""
        return {
            one.name: getattr(self, one.name) for one in fields(self) if getattr(self, one.name) is not None
        }

    @classmethod
    def parse(cls, pairs: Sequence[str]) -> Self:
        """Of ``["medium=air", "bands=g,r,z"]``.

        Raises:
            ConfigError: a pair that is none, or a value that is not possible.
        """
        values: dict[str, Any] = {}
        for pair in pairs:
            name, equals, text = pair.partition("=")
            if not equals or name not in cls.__dataclass_fields__:
                raise ConfigError(
                    f"{pair} sets nothing: NAME=VALUE is expected, with a name of "
                    f"{', '.join(cls.__dataclass_fields__)}"
                )
            try:
                values[name] = _FROM_TEXT.get(name, str)(text)
            except ValueError as exc:
                raise ConfigError(f"{pair}: {text!r} is not a number") from exc
        return cls(**values)

    @property
    def texts(self) -> tuple[str, ...]:
        """As `parse` reads them."""
        values = self.set_fields().items()
        return tuple(
            f"{name}={','.join(map(str, value)) if isinstance(value, tuple) else value}"
            for name, value in values
        )

    def _check_bands(self, bands: tuple[str, ...]) -> None:
        object.__setattr__(self, "bands", bands)
        surveys: dict[str | None, list[tuple[str, ...]]] = {"HSC": [HSC_BANDS], "Legacy Survey": [DES_BANDS]}
        problems: list[str] = []
        for allowed in surveys.get(self.survey, [HSC_BANDS, DES_BANDS]):
            try:
                band_names(bands, allowed)
                return
            except ModalityError as exc:
                problems.append(str(exc))
        raise ConfigError(problems[0])


_FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "bands": lambda text: tuple(text.split(",")),
    "image_flux_scale": float,
    "spectrum_flux_scale": float,
    "pixel_scale": float,
    "position": lambda text: tuple(map(float, text.split(","))),
}
"""Fields that are not plain text."""


def _one_of(name: str, value: str | None, allowed: tuple[str, ...]) -> None:
    if value is not None and value not in allowed:
        raise ConfigError(f"{name} is {value!r}; it can be {', '.join(map(repr, allowed))}")


def _check_position(position: Any) -> None:
    try:
        ra, dec = position
        inside = 0 <= ra <= 360 and -90 <= dec <= 90
    except (TypeError, ValueError):
        inside = False
    if not inside:
        raise ConfigError(
            f"position is {position!r}; RA (0 to 360) and Dec (-90 to 90) in degrees are expected"
        )
