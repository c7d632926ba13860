"""Emission lines of the simulation: typical strengths with their scatter, at vacuum rest wavelengths in Å."""

from dataclasses import dataclass

import numpy as np

from aion.lines import LINE


@dataclass(frozen=True)
class NarrowLine:
    """A forbidden or narrow permitted line; strengths are log10 of its flux over H-alpha
    in star formation and in AGN."""

    name: str
    """Of the table of lines."""
    star_forming: float
    agn: float
    scatter: float = 0.15
    """dex, one Gaussian draw per line and object, on top of the shared excitation."""
    excitation: float = 0.0
    """dex per unit of the object's excitation draw: high-ionisation lines rise together."""

    @property
    def wavelength(self) -> float:
        """Å, vacuum."""
        return LINE[self.name].rest


# Typical ratios: Kewley+06 and Kauffmann+03 loci on the BPT diagrams,
# case B for the Balmer lines (Osterbrock & Ferland 2006).
NARROW_LINES = (
    NarrowLine("Lyα 1216", 0.3, 0.6, 0.5, 0.3),
    NarrowLine("C IV 1549", -1.6, 0.0, 0.3, 0.3),
    NarrowLine("He II 1640", -1.8, -0.4, 0.3, 0.3),
    NarrowLine("C III] 1909", -1.2, -0.3, 0.3, 0.3),
    NarrowLine("Mg II 2796", -1.5, -0.6, 0.3),
    NarrowLine("Mg II 2804", -1.7, -0.8, 0.3),
    NarrowLine("[Ne V] 3427", -3.5, -0.7, 0.3, 0.4),
    NarrowLine("[O II] 3727", -0.35, -0.30, 0.2),
    NarrowLine("[O II] 3730", -0.25, -0.20, 0.2),
    NarrowLine("[Ne III] 3870", -1.2, -0.6, 0.15, 0.5),
    NarrowLine("H8 3890", -1.25, -1.3, 0.08),
    NarrowLine("[Ne III] + Hε 3970", -1.15, -1.0, 0.1, 0.2),
    NarrowLine("Hδ 4103", -1.05, -1.1, 0.05),
    NarrowLine("Hγ 4342", -0.79, -0.82, 0.04),
    NarrowLine("[O III] 4364", -2.3, -1.5, 0.2, 0.5),
    NarrowLine("He II 4687", -2.6, -1.2, 0.2, 0.3),
    NarrowLine("Hβ 4863", -0.46, -0.49, 0.03),
    NarrowLine("[O III] 4960", -0.95, 0.0, 0.05, 0.55),
    NarrowLine("[O III] 5008", -0.475, 0.475, 0.05, 0.55),
    NarrowLine("[N I] 5201", -2.2, -1.5, 0.2),
    NarrowLine("He I 5877", -1.4, -1.5, 0.1),
    NarrowLine("[O I] 6302", -1.5, -0.8, 0.15),
    NarrowLine("[O I] 6366", -2.0, -1.3, 0.15),
    NarrowLine("[N II] 6550", -0.98, -0.45, 0.05, -0.25),
    NarrowLine("Hα 6565", 0.0, 0.0, 0.0),
    NarrowLine("[N II] 6585", -0.51, 0.02, 0.05, -0.25),
    NarrowLine("He I 6680", -1.9, -2.0, 0.1),
    NarrowLine("[S II] 6718", -0.60, -0.50, 0.12),
    NarrowLine("[S II] 6733", -0.73, -0.58, 0.12),
    NarrowLine("He I 7067", -2.0, -2.1, 0.1),
    NarrowLine("[Ar III] 7138", -1.5, -1.4, 0.15, 0.2),
    NarrowLine("[O II] 7322", -1.7, -1.4, 0.15),
    NarrowLine("[S III] 9071", -0.95, -0.9, 0.15),
    NarrowLine("[S III] 9533", -0.55, -0.5, 0.15),
)


@dataclass(frozen=True)
class BroadLine:
    """A quasar's broad line: rest equivalent width in Å (Vanden Berk+01), width relative to the object's."""

    name: str
    wavelength: float
    """Å, vacuum; of the blend, not of one line: its parts as Vanden Berk+01 weigh them (table 2)."""
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
