"""A survey that needs no downloads: smooth random templates with a break and a few lines,
and a small table of galaxies."""

import math
from dataclasses import replace
from pathlib import Path

import torch
from torch import Generator, Tensor

from aion.training.config import EmbeddedConfig, smoke_config
from aion.training.simulate.population import Population
from aion.training.simulate.survey import SimulatedSurvey
from aion.training.simulate.templates import INFRARED, QUASAR_NAMES, STAR_NAMES, Templates, rest_grid
from aion.training.stages import Run

AGES = (0.01, 0.05, 0.15, 0.25, 0.4, 0.65, 1.0, 1.6, 2.5, 4.0, 6.5, 10.0)  # Gyr
METALLICITIES = 4


def toy_templates(seed: int = 0) -> Templates:
    """Templates of the real shapes; the values mean nothing."""
    generator = Generator().manual_seed(seed)
    wavelength = torch.as_tensor(rest_grid(), dtype=torch.float32)
    infrared = torch.as_tensor(INFRARED, dtype=torch.float32)

    def smooth(count: int) -> tuple[Tensor, Tensor]:
        """Power laws with a slow wave, positive everywhere, (count, M) and (count, R)."""
        slope = -1.0 + 0.8 * torch.randn(count, 1, generator=generator)
        phase = 2 * math.pi * torch.rand(count, 1, generator=generator)
        wave = 1 + 0.3 * torch.sin(6 * wavelength.log() + phase)
        return (wavelength / 5000) ** slope * wave, 0.5 * (infrared / 5000) ** -2.0 * torch.ones(count, 1)

    populations, populations_infrared = smooth(METALLICITIES * len(AGES))
    stars, stars_infrared = smooth(len(STAR_NAMES))
    quasars, _ = smooth(len(QUASAR_NAMES))
    bump = torch.exp(-0.5 * ((wavelength[:, None] - torch.tensor([2500.0, 4570.0])) / 60.0) ** 2)
    iron_uv, iron_optical = (bump / torch.trapezoid(bump, wavelength, dim=0)).T.contiguous()
    break_4000 = 1 - 0.4 * torch.sigmoid((4000 - wavelength) / 20)
    return Templates(
        wavelength=wavelength,
        populations=(populations * break_4000).unflatten(0, (METALLICITIES, len(AGES))),
        populations_infrared=populations_infrared.unflatten(0, (METALLICITIES, len(AGES))),
        ages=torch.tensor(AGES),
        stars=stars,
        stars_infrared=stars_infrared,
        quasars=quasars * ((wavelength > 900) & (wavelength < 8500)),
        iron_uv=iron_uv,
        iron_optical=iron_optical,
    )


def toy_survey(seed: int = 0) -> SimulatedSurvey:
    """A simulated survey of toy spectra; everything behind the templates is the real simulator."""
    z = 0.05 + 1.2 * torch.rand(200, generator=Generator().manual_seed(seed))
    return SimulatedSurvey(toy_templates(seed), Population(torch.stack([18 + 3 * z, z, 0.8 + 2 * z], dim=1)))


def toy_config() -> EmbeddedConfig:
    """The smoke configuration, with fewer objects still."""
    return replace(
        smoke_config(), photometry_sample=60, spectra_sample=6, image_sample=4, catalog=20, held_out=20
    )


def toy_run(folder: Path) -> Run:
    """A run in ``folder``; its `survey` must be replaced, as in the fixture `run`."""
    return Run(toy_config(), folder, folder / "cache", torch.device("cpu"))
