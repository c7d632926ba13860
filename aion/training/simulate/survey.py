"""Whole objects of the simulated survey: spectrum, photometry and images of the same source.
Joins the other modules.

B objects of mixed kinds; one spectrograph a batch, so that shapes agree.
Fluxes in nanomaggies, spectra in 1e-17 erg/s/cm2/Å.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Generator, Tensor

from aion.training.ingredients import Ingredients
from aion.training.simulate import images
from aion.training.simulate.cosmology import distance_modulus
from aion.training.simulate.instruments import (
    SPECTROGRAPHS,
    ObservedSpectra,
    Spectrograph,
    draw_signal_to_noise,
    expose,
    observe,
)
from aion.training.simulate.morphology import Morphology, draw_morphology
from aion.training.simulate.photometry import (
    HSC_BANDS,
    LS_BANDS,
    Photometer,
    hsc_extinction,
    hsc_magnitudes,
    magnitudes,
    measure,
    nanomaggies,
)
from aion.training.simulate.population import KINDS, Population, Targets
from aion.training.simulate.shapes import fiber_share, measure_shapes
from aion.training.simulate.sources import Sources, SourceSimulator
from aion.training.simulate.templates import INFRARED, Templates, load

BAND_GRID = torch.cat(
    [torch.arange(2800.0, 10_990.0, 15.0), torch.as_tensor(INFRARED[1:], dtype=torch.float32)]
)
"""Observed wavelengths on which broad bands are integrated, Å."""


TRUTHS = ("log_mass", "log_ssfr", "log_halpha_width")
"""Of galaxies: log10 of the mass of stars formed (solar masses), of the rate of the last 100 Myr for each of
them (per year; only where stars formed then), and of the rest equivalent width of H-alpha (Å)."""
PARSEC, SOLAR_LUMINOSITY = 3.0857e18, 3.828e33
"""cm, and erg/s (IAU 2015)."""


@dataclass(frozen=True)
class Objects:
    """B simulated objects, everything the embedded model may see of them and the truth."""

    kind: tuple[str, ...]
    subtype: tuple[str, ...]
    z: Tensor
    """(B,) true redshift; of stars the radial velocity over c."""
    signal_to_noise: Tensor
    """(B,) median per pixel of the spectrum."""
    spectra: ObservedSpectra
    scalars: dict[str, Tensor]
    """Published name -> (B,) measured value, NaN = missing."""
    true_fluxes: Tensor
    """(B, bands) nanomaggies in `LS_BANDS` then `HSC_BANDS`, noise-free."""
    morphology: tuple[str, ...]
    legacy: "Pictures | None" = None
    """g, r, i, z; nanomaggies per pixel."""
    hsc: "Pictures | None" = None
    """g, r, i, z, y; counts of zero-point 27.0 per pixel."""
    twin: ObservedSpectra | None = None
    """The same sources through a spectrograph of the other survey, with the same S/N."""


@dataclass(frozen=True)
class Pictures:
    """Images of one survey, (B, bands, 96, 96) each."""

    flux: Tensor
    truth: Tensor
    """The same sky and seeing without noise."""


class SimulatedSurvey:
    """Draws objects; a pure function of the generator."""

    def __init__(self, templates: Templates, population: Population) -> None:
        self.sources = SourceSimulator(templates)
        self.population = population
        self.photometer = Photometer(BAND_GRID, LS_BANDS + HSC_BANDS)

    @classmethod
    def from_ingredients(cls, ingredients: Ingredients, cache: Path) -> "SimulatedSurvey":
        """From real templates and counts; the converted templates are kept in ``cache``."""
        return cls(load(ingredients, cache), Population.from_file(ingredients.hsc_specz))

    def draw(
        self,
        count: int,
        generator: Generator,
        *,
        instrument: Spectrograph | None = None,
        with_images: bool = True,
        with_twin: bool = False,
    ) -> Objects:
        """``count`` objects, seen by ``instrument`` or by one drawn at random;
        with a twin, by one of the other survey too."""
        if instrument is None:
            instrument = _any_of(SPECTROGRAPHS, generator)
        sky = self._sky(count, generator)
        pointing = torch.exp(-0.1 * torch.rand(count, generator=generator))  # fibres are a little off
        in_fiber = sky.fluxes[:, 1] * pointing * fiber_share(sky.shapes, instrument.fiber_radius)
        snr = draw_signal_to_noise(magnitudes(in_fiber), instrument, generator)
        spectra = self._observe(sky, pointing, snr, instrument, generator)
        scalars = self._catalog(sky, generator)
        objects = Objects(sky.kind, sky.subtype, sky.z, snr, spectra, scalars, sky.fluxes, sky.shapes.label)
        if with_twin:
            other = _any_of([s for s in SPECTROGRAPHS if s.survey != instrument.survey], generator)
            objects = replace(objects, twin=self._observe(sky, pointing, snr, other, generator))
        if not with_images:
            return objects
        fluxes, shapes = sky.fluxes, sky.shapes
        legacy = take_pictures(fluxes[:, :4], shapes, images.LEGACY_SURVEY, generator)
        return replace(
            objects,
            legacy=legacy,
            hsc=take_pictures(fluxes[:, len(LS_BANDS) :], shapes, images.HSC, generator),
        )

    def draw_pictures(self, count: int, generator: Generator, camera: images.Survey) -> "Pictures":
        """Images of ``count`` objects by one camera alone: twice as fast as whole objects."""
        sky = self._sky(count, generator)
        fluxes = sky.fluxes[:, :4] if camera is images.LEGACY_SURVEY else sky.fluxes[:, len(LS_BANDS) :]
        return take_pictures(fluxes, sky.shapes, camera, generator)

    def draw_photometry(self, count: int, generator: Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """Redshift (B,) and catalog columns alone: much faster than whole objects."""
        sky = self._sky(count, generator)
        return sky.z, self._catalog(sky, generator)

    def draw_truths(self, count: int, generator: Generator) -> tuple[Tensor, dict[str, Tensor]]:
        """Redshift and `TRUTHS` (B,) of the objects that `draw` gives with the same generator, NaN but for
        galaxies: much faster than whole objects."""
        _any_of(SPECTROGRAPHS, generator)  # which `draw` draws first
        sky = self._sky(count, generator)
        return sky.z, sky.truths

    def _observe(
        self, sky: "_Sky", pointing: Tensor, snr: Tensor, instrument: Spectrograph, generator: Generator
    ) -> ObservedSpectra:
        share = pointing * fiber_share(sky.shapes, instrument.fiber_radius)
        return observe(
            sky.fine * share[:, None], self.sources.grid.log_start, sky.z, snr, instrument, generator
        )

    def _sky(self, count: int, generator: Generator) -> "_Sky":
        targets = self.population.draw(count, generator)
        kinds = torch.tensor([KINDS.index(k) for k in targets.kind])
        order = kinds.argsort(stable=True)  # sources are drawn kind by kind
        z, mag, color = targets.z[order], targets.mag[order], targets.color[order]
        kind = tuple(targets.kind[int(i)] for i in order)
        targets = Targets(kind, mag, z, color)
        sources = self._sources(kinds.bincount(minlength=len(KINDS)).tolist(), targets, generator)
        fluxes, fine, reddening, scale = self._calibrate(sources, z, mag, generator)
        color = 2.5 * torch.log10((fluxes[:, 1] / fluxes[:, 0].clamp(min=1e-9)).clamp(min=1e-3))
        shapes = draw_morphology(kind, z, color, mag, generator)
        subtype = tuple(t for s in sources for t in s.subtype)
        return _Sky(kind, subtype, z, fluxes, fine, reddening, shapes, _truths(sources, scale, z))

    def _sources(self, counts: list[int], targets: Targets, generator: Generator) -> list[Sources]:
        draw = (self.sources.galaxies, self.sources.quasars, self.sources.stars)
        return [
            make(part, generator)
            for make, part in zip(draw, targets.split(counts), strict=True)
            if len(part.z)
        ]

    def _calibrate(
        self, sources: list[Sources], z: Tensor, mag: Tensor, generator: Generator
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Reddened by the Milky Way, scaled to the r magnitude: band fluxes, fine rest spectrum, E(B-V), and
        by what was scaled."""
        fine, infrared = torch.cat([s.fine for s in sources]), torch.cat([s.infrared for s in sources])
        reddening = -0.05 * torch.log1p(-torch.rand(len(z), generator=generator))
        observed = self.sources.wavelength * (1 + z[:, None])
        fine = fine * 10 ** (-0.4 * reddening[:, None] * extinction_curve(observed))
        seen = self._on_band_grid(fine, infrared, z)
        scale = nanomaggies(mag) / self.photometer.fluxes(seen)[:, 1].clamp(min=1e-12)
        return self.photometer.fluxes(seen) * scale[:, None], fine * scale[:, None], reddening, scale

    def _on_band_grid(self, fine: Tensor, infrared: Tensor, z: Tensor) -> Tensor:
        """(B, n) observed flux density on `BAND_GRID`, from the fine grid where it reaches
        and the infrared one beyond."""
        edges = torch.cat(
            [BAND_GRID[:1], (BAND_GRID[1:] + BAND_GRID[:-1]) / 2, BAND_GRID[-1:] + 1.0]
        ).double()
        near = expose(fine, self.sources.grid.log_start, z, edges)
        rest = BAND_GRID.log()[None, :] - torch.log1p(z)[:, None]
        table = torch.as_tensor(INFRARED, dtype=torch.float32).log()
        place = ((rest - table[0]) / (table[1] - table[0])).clamp(0, len(table) - 1.001)
        left = place.floor().long()
        far = torch.lerp(infrared.gather(1, left), infrared.gather(1, left + 1), place - left)
        last = self.sources.wavelength[-2].log()
        return torch.where(rest < last, near, far)

    def _catalog(self, sky: "_Sky", generator: Generator) -> dict[str, Tensor]:
        fluxes, reddening, shapes = sky.fluxes, sky.reddening, sky.shapes
        legacy, _ = measure(fluxes[:, : len(LS_BANDS)], LS_BANDS, generator, half_light=shapes.half_light)
        magnitudes = hsc_magnitudes(fluxes[:, len(LS_BANDS) :], generator, half_light=shapes.half_light)
        extinction = hsc_extinction(reddening)
        scalars = {name: legacy[:, i] for i, name in enumerate(LS_BANDS)}
        scalars |= {"EBV": reddening} | measure_shapes(shapes, generator)
        for i, band in enumerate("grizy"):
            scalars |= {f"{band}_cmodel_mag": magnitudes[:, i], f"a_{band}": extinction[:, i]}
        return scalars


@dataclass(frozen=True)
class _Sky:
    """B objects before any instrument."""

    kind: tuple[str, ...]
    subtype: tuple[str, ...]
    z: Tensor
    fluxes: Tensor
    fine: Tensor
    reddening: Tensor
    shapes: Morphology
    truths: dict[str, Tensor]


def _truths(sources: list[Sources], scale: Tensor, z: Tensor) -> dict[str, Tensor]:
    """`TRUTHS` of B objects, whose light was scaled to 1e-17 erg/s/cm2/Å."""
    found = {name: torch.full_like(z, torch.nan) for name in TRUTHS}
    first = 0
    for part in sources:
        rows = slice(first, first + len(part.z))
        first += len(part.z)
        if part.truths:
            luminosity = scale[rows] * _solar_luminosities(part.z)  # per Å, of a flux of 1
            rate = part.truths["specific_rate"].log10() - 9  # from Gyr to years
            found["log_mass"][rows] = (part.truths["mass"] * luminosity).log10()
            found["log_ssfr"][rows] = torch.where(rate.isfinite(), rate, torch.nan)
            found["log_halpha_width"][rows] = part.truths["halpha_width"].log10()
    return found


def _solar_luminosities(z: Tensor) -> Tensor:
    """(B,) that an observed flux density of 1e-17 erg/s/cm2/Å stands for, in the rest frame."""
    distance = 10 ** (distance_modulus(z).double() / 5 + 1) * PARSEC
    return (4 * torch.pi * distance**2 * (1 + z) * 1e-17 / SOLAR_LUMINOSITY).float()


def _any_of(instruments: Sequence[Spectrograph], generator: Generator) -> Spectrograph:
    return instruments[int(torch.randint(len(instruments), (), generator=generator))]


def take_pictures(
    fluxes: Tensor, shapes: Morphology, camera: images.Survey, generator: Generator
) -> Pictures:
    """Images of ``fluxes`` (B, bands) nanomaggies under one draw of seeing and depth."""
    conditions = images.draw_conditions(len(fluxes), camera, generator)
    truth = images.noiseless(fluxes, shapes, camera, conditions)
    return Pictures(images.add_noise(truth, camera, conditions, generator), truth)


def extinction_curve(wavelength: Tensor) -> Tensor:
    """A / E(B-V) of the Milky Way, a power law through 3.1 at 5500 Å (within 10 % of Fitzpatrick
    1999 from 3500 to 10500 Å)."""
    return 3.1 * (wavelength / 5500.0).clamp(min=0.3) ** -1.35
