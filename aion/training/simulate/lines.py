"""Emission lines of the simulation: vacuum rest wavelengths in Å and typical strengths with their scatter."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class NarrowLine:
    """A forbidden or narrow permitted line; strengths are log10 of its flux over H-alpha in star formation and in AGN."""

    name: str
    wavelength: float
    star_forming: float
    agn: float
    scatter: float = 0.15
    """dex, one Gaussian draw per line and object, on top of the shared excitation."""
    excitation: float = 0.0
    """dex per unit of the object's excitation draw: high-ionisation lines rise together."""


# Typical ratios: Kewley+06 and Kauffmann+03 loci on the BPT diagrams, case B for the Balmer lines (Osterbrock & Ferland 2006).
NARROW_LINES = (
    NarrowLine("Lya", 1215.67, 0.3, 0.6, 0.5, 0.3),
    NarrowLine("CIV", 1549.48, -1.6, 0.0, 0.3, 0.3),
    NarrowLine("HeII1640", 1640.42, -1.8, -0.4, 0.3, 0.3),
    NarrowLine("CIII]", 1908.73, -1.2, -0.3, 0.3, 0.3),
    NarrowLine("MgII2796", 2796.35, -1.5, -0.6, 0.3),
    NarrowLine("MgII2803", 2803.53, -1.7, -0.8, 0.3),
    NarrowLine("[NeV]", 3426.85, -3.5, -0.7, 0.3, 0.4),
    NarrowLine("[OII]3727", 3727.09, -0.35, -0.30, 0.2),
    NarrowLine("[OII]3730", 3729.88, -0.25, -0.20, 0.2),
    NarrowLine("[NeIII]", 3869.86, -1.2, -0.6, 0.15, 0.5),
    NarrowLine("H8", 3890.15, -1.25, -1.3, 0.08),
    NarrowLine("[NeIII]+Hepsilon", 3970.1, -1.15, -1.0, 0.1, 0.2),
    NarrowLine("Hdelta", 4102.89, -1.05, -1.1, 0.05),
    NarrowLine("Hgamma", 4341.68, -0.79, -0.82, 0.04),
    NarrowLine("[OIII]4363", 4364.44, -2.3, -1.5, 0.2, 0.5),
    NarrowLine("HeII4686", 4687.02, -2.6, -1.2, 0.2, 0.3),
    NarrowLine("Hbeta", 4862.68, -0.46, -0.49, 0.03),
    NarrowLine("[OIII]4960", 4960.30, -0.95, 0.0, 0.05, 0.55),
    NarrowLine("[OIII]5008", 5008.24, -0.475, 0.475, 0.05, 0.55),
    NarrowLine("[NI]5200", 5200.53, -2.2, -1.5, 0.2),
    NarrowLine("HeI5877", 5877.25, -1.4, -1.5, 0.1),
    NarrowLine("[OI]6302", 6302.05, -1.5, -0.8, 0.15),
    NarrowLine("[OI]6366", 6365.54, -2.0, -1.3, 0.15),
    NarrowLine("[NII]6550", 6549.85, -0.98, -0.45, 0.05, -0.25),
    NarrowLine("Halpha", 6564.61, 0.0, 0.0, 0.0),
    NarrowLine("[NII]6585", 6585.27, -0.51, 0.02, 0.05, -0.25),
    NarrowLine("HeI6680", 6679.99, -1.9, -2.0, 0.1),
    NarrowLine("[SII]6718", 6718.29, -0.60, -0.50, 0.12),
    NarrowLine("[SII]6733", 6732.67, -0.73, -0.58, 0.12),
    NarrowLine("HeI7067", 7067.20, -2.0, -2.1, 0.1),
    NarrowLine("[ArIII]7138", 7137.80, -1.5, -1.4, 0.15, 0.2),
    NarrowLine("[OII]7322", 7321.50, -1.7, -1.4, 0.15),
    NarrowLine("[SIII]9071", 9071.10, -0.95, -0.9, 0.15),
    NarrowLine("[SIII]9533", 9533.20, -0.55, -0.5, 0.15),
)


@dataclass(frozen=True)
class BroadLine:
    """A quasar's broad line: rest equivalent width in Å (Vanden Berk+01) and a width relative to the object's own."""

    name: str
    wavelength: float
    equivalent_width: float
    width: float = 1.0
    blueshift: float = 0.0
    """Typical shift in units of 1000 km/s; negative is towards the blue (Richards+11)."""
    balmer: bool = False
    """Balmer lines may be double-peaked (Strateva+03)."""


BROAD_LINES = (
    BroadLine("Lyb+OVI", 1033.8, 9.8, 1.1),
    BroadLine("Lya", 1215.67, 75.0, 1.0),
    BroadLine("NV", 1240.1, 20.0, 1.0),
    BroadLine("SiII", 1262.6, 3.0),
    BroadLine("OI", 1305.4, 3.0),
    BroadLine("CII", 1335.3, 1.5),
    BroadLine("SiIV+OIV]", 1398.3, 8.1, 1.1, -0.5),
    BroadLine("CIV", 1549.1, 24.0, 1.0, -0.8),
    BroadLine("HeII1640", 1640.4, 4.0, 1.4, -0.6),
    BroadLine("OIII]", 1663.5, 1.5),
    BroadLine("AlIII", 1857.4, 2.0, 1.0, -0.3),
    BroadLine("SiIII]", 1892.0, 2.5),
    BroadLine("CIII]", 1908.7, 19.0, 1.2, -0.3),
    BroadLine("[NeIV]", 2423.8, 2.0),
    BroadLine("MgII", 2799.1, 32.0, 0.8),
    BroadLine("H10-", 3798.9, 1.0, 1.0, 0.0, True),
    BroadLine("H8", 3890.1, 2.0, 1.0, 0.0, True),
    BroadLine("Hepsilon", 3971.2, 2.5, 1.0, 0.0, True),
    BroadLine("Hdelta", 4102.9, 6.0, 1.0, 0.0, True),
    BroadLine("Hgamma", 4341.7, 13.0, 1.0, 0.0, True),
    BroadLine("HeII4687", 4687.0, 3.0, 1.3, -0.2),
    BroadLine("Hbeta", 4862.7, 46.0, 1.0, 0.0, True),
    BroadLine("HeI5877", 5877.3, 5.0, 1.0),
    BroadLine("Halpha", 6564.6, 195.0, 0.95, 0.0, True),
    BroadLine("HeI7067", 7067.2, 3.0),
)


def table(lines: tuple[NarrowLine, ...] | tuple[BroadLine, ...], field: str) -> np.ndarray:
    """One field of every line, float64 (lines,)."""
    return np.array([getattr(line, field) for line in lines], dtype=float)
