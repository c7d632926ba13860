"""Any spectrum in any container, unit and convention that is read comes back as it was written.

Hundreds of draws with a fixed seed: container, units, medium, uncertainty, mask, order and type; compared are
vacuum Å, 1e-17 erg/s/cm2/Å, inverse variance and mask. The modality stores float32, whose steps are 1.2e-7
of a value, so that 1e-6 can be asked of it; where the file itself stores float32, squares, logarithms and the
conversion by the wavelength squared add up to FROM_FLOAT32.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from aion.errors import ChoiceNeededError, ModalityError
from aion.io import read
from aion.modalities import Spectrum
from tests.io import spectrum_files as files
from tests.io.layouts.table_spectra import INVERSES, STANDARD_DEVIATIONS, VARIANCES
from tests.io.spectrum_files import Stored

DRAWS = 20
"""For each container."""
FROM_FLOAT64, FROM_FLOAT32 = 1e-6, 4e-6
LIGHT = 2.99792458e18
"""Å/s."""
PLANCK = 12398.419843320026
"""Å eV."""
TO_UNIT: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "Angstrom": lambda wave: wave,
    "nm": lambda wave: wave / 10,
    "um": lambda wave: wave / 1e4,
    "m": lambda wave: wave / 1e10,
    "log10(Angstrom)": np.log10,
    "ln(Angstrom)": np.log,
    "Hz": lambda wave: LIGHT / wave,
    "THz": lambda wave: LIGHT / wave / 1e12,
    "eV": lambda wave: PLANCK / wave,
}
LENGTHS = ("Angstrom", "nm", "um", "m")
FREQUENCIES = ("Hz", "THz", "eV")
LINEAR = (*LENGTHS, *FREQUENCIES)
NAMES = {"log10(Angstrom)": ("loglam", "log_wave"), "ln(Angstrom)": ("ln_lambda", "lnlam")} | dict.fromkeys(
    FREQUENCIES, ("spectral_axis",)
)
PER_ANGSTROM = {
    "1e-17 erg/s/cm2/Angstrom": 1.0,
    "erg/s/cm2/Angstrom": 1e-17,
    "W/m2/um": 1e-16,
    "W/m2/nm": 1e-19,
}
PER_HERTZ = {"mJy": 1e26, "uJy": 1e29, "nJy": 1e32, "erg/s/cm2/Hz": 1.0}
"""Unit -> how many of it are 1 erg/s/cm2/Hz."""
BAD_NAMES, GOOD_NAMES = ("mask", "flag", "DQ", "qual", "pixel_mask", "ANDMASK"), ("good", "goodpix", "valid")
POWERS = {
    1: tuple(STANDARD_DEVIATIONS),
    2: tuple(VARIANCES),
    -2: tuple(name for name in INVERSES if name != "WEIGHT"),
}
HDU_NAMES = {
    1: ("ERROR", "ERR", "SIGMA", "STD", "UNCERT"),
    2: ("VARIANCE", "VAR", "STAT"),
    -2: ("INVVAR", "IVAR"),
}


@dataclass(frozen=True)
class Container:
    """What one writer can say."""

    write: Callable[[Stored], Any]
    wavelength_units: tuple[str, ...] = tuple(TO_UNIT)
    flux_units: tuple[str, ...] = (*PER_ANGSTROM, *PER_HERTZ)
    grid: str = ""
    """``"linear"`` or ``"log"`` where the container can say no other."""
    names: dict[int, tuple[str, ...]] | None = None
    """Of uncertainties, where not any will do."""
    by_card: bool = True
    """Whether cards state the medium; else the name of the wavelengths does."""
    types: tuple[str, ...] = (">f4", ">f8", "<f8")


_ROWS = {1: ("error", "sigma"), 2: ("variance",), -2: ("ivar",)}
_NO_UNITS = {"wavelength_units": ("Angstrom", "nm", "um", "m", "log10(Angstrom)", "ln(Angstrom)")} | {
    "flux_units": ("1e-17 erg/s/cm2/Angstrom", "erg/s/cm2/Angstrom", "erg/s/cm2/Hz"),
    "by_card": False,
}
CONTAINERS: dict[str, Container] = {
    one.write.__name__: one
    for one in (
        Container(files.fits_pixel_rows),
        Container(files.fits_array_rows),
        Container(files.fits_variable_rows),
        Container(files.fits_image_hdus, names=HDU_NAMES),
        Container(files.fits_linear_wcs, LENGTHS, grid="linear", names=HDU_NAMES),
        Container(files.fits_wave_log, LENGTHS, grid="log", names=HDU_NAMES),
        Container(files.fits_dc_flag, ("Angstrom",), grid="log", names=HDU_NAMES),
        Container(files.fits_coeff, ("Angstrom",), grid="log", names=HDU_NAMES),
        Container(files.fits_rows_of_image, names=_ROWS),
        Container(files.astropy_table),
        Container(files.astropy_qtable),
        Container(files.ecsv),
        Container(files.parquet_of_astropy, types=("<f4", "<f8")),
        Container(files.csv_with_units_in_names, LINEAR, by_card=False),
        Container(files.semicolons_and_decimal_commas, LINEAR, by_card=False),
        Container(files.vizier_tsv, LINEAR, by_card=False),
        Container(files.votable_by_ucd, LINEAR, names={1: ("c3",), 2: ("c3",)}),
        Container(files.hdf5, by_card=False),
        Container(files.npz, **_NO_UNITS),
        Container(files.json_record, **_NO_UNITS),
        Container(files.mapping, **_NO_UNITS),
        Container(files.pandas_frame, **_NO_UNITS),
        Container(files.mapping_of_quantities, LINEAR, by_card=False),
        Container(files.specutils_spectrum, LINEAR),
    )
}
STATES_NO_UNIT = {name for name, one in CONTAINERS.items() if one.flux_units == _NO_UNITS["flux_units"]}


@dataclass(frozen=True)
class Truth:
    """The spectrum that was written: (n,) vacuum Å, increasing; 1e-17 erg/s/cm2/Å."""

    wavelength: np.ndarray
    flux: np.ndarray
    ivar: np.ndarray
    bad: np.ndarray


@dataclass(frozen=True)
class Draw:
    """One spectrum and how it is written."""

    container: str
    truth: Truth
    stored: Stored

    @property
    def is_ambiguous(self) -> bool:
        """The rule: no unit is said, and all are plausible (800 to 26000 Å) in Å and in nm."""
        first, last = sorted(self.stored.wavelength[[0, -1]])
        return self.container in STATES_NO_UNIT and first >= 800 and last <= 2600

    @property
    def tolerance(self) -> float:
        return FROM_FLOAT32 if self.stored.flux.dtype.itemsize == 4 else FROM_FLOAT64

    def __str__(self) -> str:
        stored = self.stored
        medium = "air" if stored.air else "vacuum"
        return f"{self.container}: {list(stored.columns)} in {stored.units}, {medium}, {stored.flux.dtype}"


def in_vacuum(air: np.ndarray) -> np.ndarray:
    """Å; the vacuum wavelengths that Ciddor (1996) takes to `air`."""
    vacuum = air
    for _ in range(8):
        k = (1e4 / vacuum) ** 2
        vacuum = air * (1 + 5.792105e-2 / (238.0185 - k) + 1.67917e-3 / (57.362 - k))
    return vacuum


def in_unit(unit: str, wavelength: np.ndarray) -> np.ndarray:
    """What 1e-17 erg/s/cm2/Å are in a flux unit, at each wavelength (vacuum Å)."""
    if unit in PER_ANGSTROM:
        return np.full(len(wavelength), PER_ANGSTROM[unit])
    return 1e-17 * wavelength**2 / LIGHT * PER_HERTZ[unit]


def holds(kind: str, noise: np.ndarray) -> bool:
    """Whether a type has room for values such as a variance of 1e-58; in float32 nobody can store it."""
    return kind.endswith("8") or (noise.max() < 1e37 and noise[noise > 0].min() > 1e-36)


def wavelength_name(unit: str, air: bool, can: Container, one_of: Callable[[Any], Any]) -> str:
    name = one_of(NAMES.get(unit, ("wavelength", "WAVE", "lambda", "lam")))
    by_name = not can.by_card and unit not in FREQUENCIES
    return f"{name}_{'air' if air else 'vac'}" if by_name else name


def mask_of(
    masked: str, container: str, bad: np.ndarray, one_of: Callable[[Any], Any]
) -> tuple[np.ndarray, str]:
    """The mask and its name, which says its sense or which the pixels without weight show ("seen")."""
    if container in ("specutils_spectrum", "votable_by_ucd"):  # where 1 is bad by definition
        return bad.astype("i4"), "mask"
    marks = bad if masked.startswith("bad") else ~bad
    names = {"good": GOOD_NAMES, "bad": BAD_NAMES}.get(masked, ("mask",))
    return marks.astype(one_of(("i4", "f8" if container == "fits_rows_of_image" else "b1"))), one_of(names)


def draw(seed: int, container: str) -> Draw:
    """What this seed gives for a container."""
    rng = np.random.default_rng((seed, list(CONTAINERS).index(container)))
    can = CONTAINERS[container]

    def one_of(several: Any) -> Any:
        return several[rng.integers(len(several))]

    pixels = int(rng.integers(200, 500))
    far_red = rng.random() < 0.25
    first, last = (8000.0, 9900.0) if far_red else (rng.uniform(3500, 4500), rng.uniform(7000, 9900))
    grid = can.grid or one_of(("linear", "log"))
    as_stored = np.linspace(first, last, pixels) if grid == "linear" else np.geomspace(first, last, pixels)
    unit, flux_unit = one_of(can.wavelength_units), one_of(can.flux_units)
    air = bool(rng.random() < 0.5) and unit not in FREQUENCIES
    wavelength = in_vacuum(as_stored) if air else as_stored
    error = rng.uniform(0.2, 0.6, pixels)
    flux = 8 + 2 * np.sin(wavelength / 300) + rng.normal(0, error)
    bad = rng.random(pixels) < 0.1
    masked = one_of(("bad", "good", "bad, seen", "good, seen", "weights alone"))
    without_weight = bad & (masked not in ("bad", "good"))
    ivar = np.where(without_weight, 0.0, error**-2)

    per = in_unit(flux_unit, wavelength)
    power = one_of(tuple(can.names or POWERS))
    noise = np.where(without_weight, 0.0, error**power) * per**power
    kind = np.dtype(one_of([kind for kind in can.types if holds(kind, noise)]))
    order = slice(None, None, -1 if rng.random() < 0.3 else 1)
    marks, mask_name = mask_of(masked, container, bad, one_of)
    stored = Stored(
        wavelength=TO_UNIT[unit](as_stored)[order].astype("f8" if can.grid else kind),  # cards are float64
        wavelength_name=wavelength_name(unit, air, can, one_of),
        wavelength_unit=unit,
        air=air,
        flux=(flux * per)[order].astype(kind),
        flux_name=one_of(("flux", "FLUX", "flux_density", "spec")),
        flux_unit=flux_unit,
        uncertainty=noise[order].astype(kind),
        uncertainty_name=one_of((can.names or POWERS)[power]),
        uncertainty_power=power,
        mask=None if masked == "weights alone" else marks[order],
        mask_name=mask_name,
    )
    return Draw(container, Truth(wavelength, flux, ivar, bad), stored)


def differences(spectrum: Spectrum, draw: Draw) -> list[str]:
    """What is not as it was written; flux and inverse variance of the good pixels."""
    truth, good = draw.truth, ~draw.truth.bad
    read_bad = spectrum.mask[0].numpy()
    if read_bad.shape != truth.bad.shape or (read_bad != truth.bad).any():
        return [f"mask: {int(read_bad.sum())} bad of {len(read_bad)}, not {int(truth.bad.sum())}"]
    pairs = {
        "wavelength": (spectrum.wavelength[0], truth.wavelength, slice(None)),
        "flux": (spectrum.flux[0], truth.flux, good),
        "ivar": (spectrum.ivar[0], truth.ivar, good),
    }
    found = []
    for name, (values, right, where) in pairs.items():
        scale = np.abs(right[where]) if name != "flux" else np.maximum(np.abs(right[where]), 1.0)
        off = np.max(np.abs(values.double().numpy()[where] - right[where]) / scale)
        if not off <= draw.tolerance:
            found.append(f"{name} is off by {off:.2g}")
    return found


def read_back(draw: Draw) -> Spectrum:
    (found,) = read(CONTAINERS[draw.container].write(draw.stored))
    (spectrum,) = found.modalities
    return spectrum


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_spectrum_comes_back_as_it_was_written(container: str) -> None:
    for seed in range(DRAWS):
        one = draw(seed, container)
        if one.is_ambiguous:
            with pytest.raises(ChoiceNeededError, match="Angstrom or nm"):
                read_back(one)
            continue
        assert not differences(read_back(one), one), f"seed {seed}, {one}"


def test_draws_reach_every_unit_medium_uncertainty_and_question() -> None:
    draws = [draw(seed, container) for container in CONTAINERS for seed in range(DRAWS)]
    stored = [one.stored for one in draws]
    assert {one.wavelength_unit for one in stored} == set(TO_UNIT)
    assert {one.flux_unit for one in stored} == {*PER_ANGSTROM, *PER_HERTZ}
    assert {one.uncertainty_power for one in stored} == {1, 2, -2}
    assert {one.air for one in stored} == {True, False}
    assert 0 < sum(one.is_ambiguous for one in draws) < 20


WRONG: dict[str, Callable[[Stored], Stored]] = {
    "ivar": lambda stored: replace(stored, uncertainty=stored.uncertainty**2),
    "flux": lambda stored: replace(stored, flux=stored.flux * (1 + 1e-5)),
    "wavelength": lambda stored: replace(stored, air=not stored.air),
    "mask": lambda stored: replace(stored, mask=np.roll(stored.mask, 1)),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_writer_that_is_wrong_is_noticed(what: str) -> None:
    right = next(
        one
        for seed in range(100)
        if (one := draw(seed, "fits_pixel_rows")).stored.mask_name == "good"
        and one.stored.mask is not None
        and one.stored.uncertainty_power == 1
        and one.stored.flux.dtype.itemsize == 8
        and one.stored.wavelength_unit in LENGTHS
    )
    assert not differences(read_back(right), right)
    wrong = replace(right, stored=WRONG[what](right.stored))
    try:
        noticed = any(said.startswith(what) for said in differences(read_back(wrong), right))
    except ModalityError as refusal:  # an error as large as a variance in cgs
        noticed = "times its uncertainty" in str(refusal)
    assert noticed
