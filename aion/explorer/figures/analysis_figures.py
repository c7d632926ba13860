"""All figures of one analysis: one value says how they are looked at, and draws them the same everywhere."""

from dataclasses import dataclass, field
from typing import Literal

from aion.explorer.figures.image import ImageView, blink, panels, whole
from aion.explorer.figures.redshift import Extent, redshift
from aion.explorer.figures.spectrum import View, spectrum
from aion.explorer.figures.theme import LIGHT, Figure, Theme
from aion.explorer.results import Analysis

ComparedImage = Literal["panels", "blink", "whole"]
_DRAW = {"panels": panels, "blink": blink, "whole": whole}


@dataclass(frozen=True)
class ShownImage:
    """How one image is looked at."""

    compared: ComparedImage = "panels"
    view: ImageView = field(default_factory=ImageView)


@dataclass(frozen=True)
class Shown:
    """How an analysis is looked at."""

    z: float | None = None
    """Redshift of the lines; None = the best peak."""
    extent: Extent = "peaks"
    """Of p(z)."""
    log: bool = False
    """Whether p(z) has a logarithmic axis."""
    view: View = field(default_factory=View)
    """Of every spectrum."""
    images: tuple[ShownImage, ...] = ()
    """Of each image, in order; those that are left out are drawn as a page opens."""


def on_page(analysis: Analysis, shown: Shown = Shown(), *, theme: Theme = LIGHT) -> dict[str, Figure]:
    """Name -> figure: p(z), every spectrum, every image."""
    z = analysis.z if shown.z is None else shown.z
    density = redshift(
        analysis.redshift,
        z=z,
        reference=analysis.z_reference,
        extent=shown.extent,
        log=shown.log,
        theme=theme,
    )
    drawn = {"Redshift": density}
    drawn |= {
        f"{one.survey} spectrum": spectrum(one, z=z, view=shown.view, theme=theme) for one in analysis.spectra
    }
    for number, image in enumerate(analysis.images):
        how = shown.images[number] if number < len(shown.images) else ShownImage()
        drawn[f"{image.survey} image"] = _DRAW[how.compared](image, view=how.view, theme=theme)
    return drawn
