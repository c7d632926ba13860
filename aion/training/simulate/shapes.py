"""Shape parameters that the surveys' catalogues would list for a `Morphology`.
Angles: position angle, north through east.

B objects. Knows nothing of pixels: everything follows from the mixture of Gaussians.
"""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from aion.training.simulate.morphology import Morphology
from aion.training.simulate.photometry import DEPTH, nanomaggies
from aion.training.simulate.profiles import DE_VAUCOULEURS, EXPONENTIAL, ellipse

_SMALLEST_ARCSEC = 0.12  # below this the Legacy Surveys' tractor calls it a point source


@dataclass(frozen=True)
class TractorShape:
    """SHAPE_R (arcsec, half-light), SHAPE_E1, SHAPE_E2, each (B,); all 0 for point sources.

    |e| = (a−b)/(a+b), e1 = |e| cos 2φ, e2 = |e| sin 2φ: https://www.legacysurvey.org/dr10/catalogs/
    """

    r: Tensor
    e1: Tensor
    e2: Tensor


def measure_shapes(morphology: Morphology, generator: Generator) -> dict[str, Tensor]:
    """Catalogue columns, each (B,): SHAPE_R, SHAPE_E1, SHAPE_E2 and the i-band second moments,
    as noisy as the magnitudes make them."""
    flux = nanomaggies(morphology.mag)
    tractor = tractor_shapes(morphology, 5 * flux / nanomaggies(torch.tensor(DEPTH["FLUX_R"])), generator)
    seeing = 0.58 * torch.exp(0.08 * torch.randn(len(flux), generator=generator))  # HSC i, Aihara et al. 2018
    moments = sdss_shapes(morphology, seeing, 5 * flux / nanomaggies(torch.tensor(DEPTH["HSC-I"])), generator)
    moment_names = ("i_sdssshape_shape11", "i_sdssshape_shape22", "i_sdssshape_shape12")
    return {"SHAPE_R": tractor.r, "SHAPE_E1": tractor.e1, "SHAPE_E2": tractor.e2} | dict(
        zip(moment_names, moments.T, strict=True)
    )


def fiber_share(morphology: Morphology, radius: float, seeing: float = 1.4) -> Tensor:
    """Light (B,) in a fibre of ``radius`` arcsec, ``seeing`` (FWHM) in arcsec, over that of a point source.

    Spectra are calibrated on stars, so a point source keeps all of its flux
    (Adelman-McCarthy+08 for SDSS, Guy+23 for DESI).
    """
    psf = (seeing / 2.3548) ** 2
    weight, variance = morphology.radial_mixture
    round_variance = variance * _mixture_ratio(morphology) + psf
    host = (weight * (1 - torch.exp(-0.5 * radius**2 / round_variance))).sum(1)
    point = 1 - math.exp(-0.5 * radius**2 / psf)
    return morphology.point + (1 - morphology.point) * host / point


def tractor_shapes(morphology: Morphology, signal_to_noise: Tensor, generator: Generator) -> TractorShape:
    """Measured shapes, given the S/N (B,) of the r flux: noisy, round when faint, a point when small."""
    count = len(signal_to_noise)
    error = (1.5 / signal_to_noise.clamp(min=1.5)).clamp(max=0.7)
    radius = morphology.half_light
    measured = radius * torch.exp(error * torch.randn(count, generator=generator))
    is_resolved = (radius > 0) & (measured > _SMALLEST_ARCSEC * (1 + 10 * error))
    m = morphology
    ratio = (m.bulge * m.bulge_ratio + (1 - m.bulge) * m.disk_ratio).clamp(0.05, 1.0)
    ellipticity = (1 - ratio) / (1 + ratio)
    e1 = ellipticity * torch.cos(2 * morphology.angle) + 0.5 * error * torch.randn(count, generator=generator)
    e2 = ellipticity * torch.sin(2 * morphology.angle) + 0.5 * error * torch.randn(count, generator=generator)
    shrink = (0.95 / torch.hypot(e1, e2).clamp(min=1e-6)).clamp(max=1.0)
    is_elongated = is_resolved & (signal_to_noise > 12)  # tractor keeps faint galaxies round (type REX)
    return TractorShape(measured * is_resolved, e1 * shrink * is_elongated, e2 * shrink * is_elongated)


def sdss_shapes(
    morphology: Morphology, seeing: Tensor, signal_to_noise: Tensor, generator: Generator
) -> Tensor:
    """(B, 3) adaptive second moments xx, yy, xy (shape11, shape22, shape12), arcsec²,
    PSF included, under ``seeing`` (B,) FWHM.

    The moments of the Gaussian that matches the object best (Bernstein & Jarvis 2002), found by iteration.
    """
    weight, parts = _components(morphology, (seeing / 2.3548) ** 2)
    window = torch.linalg.inv((weight[..., None, None] * torch.linalg.inv(parts)).sum(1))
    for _ in range(25):
        product = torch.linalg.inv(torch.linalg.inv(parts) + torch.linalg.inv(window)[:, None])
        seen = weight * (torch.linalg.det(product) / torch.linalg.det(parts)).sqrt()
        window = 2 * (seen[..., None, None] * product).sum(1) / seen.sum(1)[:, None, None]
    error = (1.5 / signal_to_noise.clamp(min=1.5)).clamp(max=0.7)[:, None]
    noise = error * torch.randn(len(weight), 3, generator=generator)
    xx, yy, xy = window[:, 0, 0], window[:, 1, 1], window[:, 0, 1]
    scale = torch.exp(noise[:, :2])
    cross = xy * (scale[:, 0] * scale[:, 1]).sqrt() + 0.3 * noise[:, 2] * (xx * yy).sqrt()
    limit = 0.98 * (xx * yy * scale[:, 0] * scale[:, 1]).sqrt()
    return torch.stack([xx * scale[:, 0], yy * scale[:, 1], cross.clamp(-limit, limit)], dim=1)


def _mixture_ratio(m: Morphology) -> Tensor:
    """Axis ratio (B, J) of each Gaussian of `Morphology.radial_mixture`."""
    bulge, disk = (
        ratio[:, None].expand(-1, len(p.weights))
        for ratio, p in ((m.bulge_ratio, DE_VAUCOULEURS), (m.disk_ratio, EXPONENTIAL))
    )
    return torch.cat([bulge, disk], dim=1)


def _components(m: Morphology, psf: Tensor) -> tuple[Tensor, Tensor]:
    """Weights (B, J + 1) and covariances (B, J + 1, 2, 2) after the PSF of variance ``psf`` (B,):
    bulge, disk and nucleus."""
    weight, _ = m.radial_mixture
    parts = []
    for profile, size, ratio in (
        (DE_VAUCOULEURS, m.bulge_size, m.bulge_ratio),
        (EXPONENTIAL, m.disk_size, m.disk_ratio),
    ):
        shape = ellipse(size, ratio, m.angle)
        matrix = torch.stack([shape.xx, shape.xy, shape.xy, shape.yy], dim=1).view(-1, 2, 2)
        parts.append(matrix[:, None] * torch.tensor(profile.variances)[:, None, None])
    weight = torch.cat([weight * (1 - m.point)[:, None], m.point[:, None]], dim=1)
    nucleus = torch.zeros(len(psf), 1, 2, 2)
    return weight, torch.cat([*parts, nucleus], dim=1) + psf[:, None, None, None] * torch.eye(2)
