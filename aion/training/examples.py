"""One-click examples: a dozen held-out simulated objects, written as the files a person would upload."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from torch import Generator

from aion.modalities import LegacySurveyImage
from aion.training.config import EmbeddedConfig
from aion.training.evaluate import Weights
from aion.training.simulate.instruments import SPECTROGRAPHS
from aion.training.simulate.survey import Objects, SimulatedSurvey
from aion.training.spectrum_codec import as_modality

EXAMPLE_SEED = 980_000_000
"""Added to the seed of the run: nothing else draws from here."""
SURVEY_COLUMNS = (
    "FLUX_G",
    "FLUX_R",
    "FLUX_I",
    "FLUX_Z",
    "FLUX_W1",
    "FLUX_W2",
    "EBV",
    "SHAPE_R",
    "SHAPE_E1",
    "SHAPE_E2",
)
MISREAD_BEYOND = 0.01
"""|dz|/(1+z) from which a redshift is wrong."""
Wanted = Callable[[Objects, int], bool]


@dataclass(frozen=True)
class Recipe:
    """What an example must be, and which files it gets."""

    slug: str
    title: str
    see: str
    wanted: Wanted
    files: tuple[str, ...] = ("image", "spectrum", "photometry")
    spectrograph: str = "BOSS"
    misread: bool = False
    """Whether the redshift read off the spectrum must be wrong: failures are worth seeing too."""


def _galaxy(subtype: str, low: float, high: float, snr: float = 12.0) -> Wanted:
    return lambda o, i: (
        o.subtype[i] == subtype and low < float(o.z[i]) < high and snr < float(o.signal_to_noise[i]) < 40
    )


def _shaped(label: str) -> Wanted:
    def wanted(o: Objects, i: int) -> bool:
        return (
            o.morphology[i] == label and float(o.true_fluxes[i, 1]) > 60 and float(o.signal_to_noise[i]) > 10
        )

    return wanted


def _quasar(low: float, high: float) -> Wanted:
    return lambda o, i: (
        o.subtype[i] == "broad-line" and low < float(o.z[i]) < high and float(o.signal_to_noise[i]) > 10
    )


def _dimmed(o: Objects, i: int) -> bool:
    return (
        o.subtype[i] == "star-forming"
        and 0.7 < float(o.signal_to_noise[i]) < 1.4
        and 0.1 < float(o.z[i]) < 0.6
    )


def _masked(o: Objects, i: int) -> bool:
    share = float(o.spectra.mask[i].float().mean())
    return (
        o.kind[i] == "galaxy"
        and 0.1 < share < 0.3
        and float(o.signal_to_noise[i]) > 8
        and float(o.z[i]) < 0.6
    )


def _bright_star(o: Objects, i: int) -> bool:
    return o.kind[i] == "star" and o.subtype[i] in ("6", "8", "10") and float(o.signal_to_noise[i]) > 15


RECIPES = (
    Recipe(
        "passive", "Passive galaxy", "A 4000 Å break and Ca H, K; no lines.", _galaxy("passive", 0.1, 0.4)
    ),
    Recipe(
        "star-forming",
        "Star-forming galaxy",
        "Hα, [O III] and [O II] agree on one redshift.",
        _galaxy("star-forming", 0.05, 0.3),
    ),
    Recipe(
        "starburst",
        "Starburst",
        "Lines that outshine the stars.",
        _galaxy("starburst", 0.1, 0.6),
        spectrograph="DESI",
    ),
    Recipe("edge-on", "Edge-on disk", "A thin disk: what do 576 tokens keep of it?", _shaped("edge-on")),
    Recipe("merger", "Merger", "Two components in one frame.", _shaped("merger"), spectrograph="DESI"),
    Recipe("quasar-low-z", "Quasar at low redshift", "Broad Balmer lines.", _quasar(0.1, 0.6)),
    Recipe(
        "quasar-high-z",
        "Quasar at high redshift",
        "Lyα, C IV and C III], with the forest blueward.",
        _quasar(2.3, 3.5),
    ),
    Recipe("star", "Star", "Redshift zero.", _bright_star),
    Recipe("low-signal", "Low S/N", "About one σ per pixel: how wide is p(z)?", _dimmed, spectrograph="DESI"),
    Recipe(
        "misread", "Misread", "The wrong redshift: does p(z) warn you?", _dimmed, ("spectrum",), misread=True
    ),
    Recipe("masked", "Masked stretches", "A spectrum with dead pixels.", _masked, spectrograph="SDSS"),
    Recipe(
        "image-only",
        "Image only",
        "A photometric redshift from pixels alone.",
        _galaxy("passive", 0.1, 0.3),
        ("image",),
    ),
    Recipe(
        "spectrum-only",
        "Spectrum only",
        "No picture, no photometry.",
        _galaxy("agn", 0.1, 0.5),
        ("spectrum",),
        "SDSS",
    ),
    Recipe(
        "photometry-only",
        "Photometry only",
        "Ten numbers: a broad p(z).",
        _galaxy("star-forming", 0.2, 0.5),
        ("photometry",),
    ),
)


def build(weights: Weights, survey: SimulatedSurvey, config: EmbeddedConfig, folder: Path) -> None:
    """Write every example under ``folder`` with ``examples.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = []
    for number, recipe in enumerate(RECIPES):
        objects, row = _find(
            weights, survey, recipe, config.seed * 1_000_003 + EXAMPLE_SEED + 10_000 * number
        )
        place = folder / recipe.slug
        place.mkdir(exist_ok=True)
        names = [_WRITERS[kind](objects, row, place, recipe) for kind in recipe.files]
        listed.append(
            {
                "slug": recipe.slug,
                "title": recipe.title,
                "files": names,
                "see": recipe.see,
                "z": round(float(objects.z[row]), 5),
            }
        )
    (folder / "examples.json").write_text(json.dumps(listed, indent=2, ensure_ascii=False) + "\n")


def _find(weights: Weights, survey: SimulatedSurvey, recipe: Recipe, seed: int) -> tuple[Objects, int]:
    instrument = next(s for s in SPECTROGRAPHS if s.name == recipe.spectrograph)
    for attempt in range(200):
        objects = survey.draw(40, Generator().manual_seed(seed + attempt), instrument=instrument)
        for row in range(len(objects.kind)):
            if recipe.wanted(objects, row) and _is_misread(weights, objects, row) == recipe.misread:
                return objects, row
    raise RuntimeError(f"no simulated object is fit for the example {recipe.slug!r}")


def _is_misread(weights: Weights, objects: Objects, row: int) -> bool:
    spectrum = as_modality(objects.spectra, torch.device("cpu"))
    one = type(spectrum)(
        *(
            values[row : row + 1]
            for values in (spectrum.flux, spectrum.ivar, spectrum.mask, spectrum.wavelength)
        )
    )
    truth = float(objects.z[row])
    return abs(weights.of_spectrum(one).mode - truth) / (1 + truth) > MISREAD_BEYOND


def _write_image(objects: Objects, row: int, place: Path, recipe: Recipe) -> str:
    """As the Legacy Survey's cutout service writes it."""
    assert objects.legacy is not None
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crpix, wcs.wcs.crval = ["RA---TAN", "DEC--TAN"], [48.5, 48.5], [150.0, 2.0]
    wcs.wcs.cdelt = [-LegacySurveyImage.pixel_scale / 3600, LegacySurveyImage.pixel_scale / 3600]
    header = wcs.to_header()
    header["SURVEY"], header["VERSION"], header["BANDS"], header["IMAGETYP"] = (
        "LegacySurvey",
        "simulated",
        "griz",
        "IMAGE",
    )
    for number, band in enumerate("griz"):
        header[f"BAND{number}"] = band
    header["SIMULATD"] = (True, "made by the simulator of AION Explorer")
    fits.PrimaryHDU(objects.legacy.flux[row].numpy(), header).writeto(place / "image.fits", overwrite=True)
    return "image.fits"


def _write_spectrum(objects: Objects, row: int, place: Path, recipe: Recipe) -> str:
    desi = objects.spectra.survey == "DESI"
    hdus = _desi_hdus(objects, row) if desi else _sdss_hdus(objects, row)
    primary = fits.PrimaryHDU()
    primary.header["SIMULATD"] = (True, "made by the simulator of AION Explorer")
    fits.HDUList([primary, *hdus]).writeto(place / "spectrum.fits", overwrite=True)
    return "spectrum.fits"


def _sdss_hdus(objects: Objects, row: int) -> list[fits.BinTableHDU]:
    """As spec-lite files: coadd and the row of the redshift table."""
    s = objects.spectra
    coadd = Table(
        {
            "flux": s.flux[row].numpy(),
            "loglam": np.log10(s.wavelength[row].double().numpy()).astype(np.float32),
            "ivar": s.ivar[row].numpy(),
            "and_mask": (s.mask[row].numpy() << 24).astype(np.int32),
            "or_mask": (s.mask[row].numpy() << 24).astype(np.int32),
        }
    )
    label = {"galaxy": "GALAXY", "quasar": "QSO", "star": "STAR"}[objects.kind[row]]
    about = Table(
        {
            "PLATE": [0],
            "MJD": [60000],
            "FIBERID": [row + 1],
            "CLASS": [label],
            "Z": [float(objects.z[row])],
            "ZWARNING": [0],
        }
    )
    return [fits.BinTableHDU(coadd, name="COADD"), fits.BinTableHDU(about, name="SPECOBJ")]


def _desi_hdus(objects: Objects, row: int) -> list[fits.hdu.base.ExtensionHDU]:
    """As a DESI coadd of one target, its three arms cut from the simulated spectrum."""
    s = objects.spectra
    wavelength = s.wavelength[row].double().numpy()
    target = Table(
        {
            "TARGETID": [39_600_000_000_000_000 + row],
            "TARGET_RA": [150.0],
            "TARGET_DEC": [2.0],
            "OBJTYPE": ["TGT"],
        }
    )
    hdus = [fits.BinTableHDU(target, name="FIBERMAP")]
    for arm, low, high in (("B", 3600.0, 5780.0), ("R", 5780.0, 7570.0), ("Z", 7570.0, 9824.1)):
        inside = (wavelength >= low - 0.01) & (wavelength < high - 0.01)
        planes = {"FLUX": s.flux, "IVAR": s.ivar, "MASK": s.mask}
        hdus.append(fits.ImageHDU(wavelength[inside], name=f"{arm}_WAVELENGTH"))
        for name, values in planes.items():
            plane = values[row].numpy()[inside][None]
            hdus.append(
                fits.ImageHDU(plane.astype(np.int32) if name == "MASK" else plane, name=f"{arm}_{name}")
            )
    return hdus


def _write_photometry(objects: Objects, row: int, place: Path, recipe: Recipe) -> str:
    """A row of a Legacy Survey catalog; fluxes in nanomaggies."""
    values = {name: [float(objects.scalars[name][row])] for name in SURVEY_COLUMNS}
    table = Table({"id": [recipe.slug], **values}, meta={"comment": "simulated"})
    for name in SURVEY_COLUMNS:
        table[name].unit = "nmgy" if name.startswith("FLUX") else "arcsec" if name == "SHAPE_R" else None
    table.write(place / "photometry.ecsv", format="ascii.ecsv", overwrite=True)
    return "photometry.ecsv"


_WRITERS: dict[str, Callable[[Objects, int, Path, Recipe], str]] = {
    "image": _write_image,
    "spectrum": _write_spectrum,
    "photometry": _write_photometry,
}
