"""Spectra of several objects on the same axes, each divided by its own median, so that shapes can be compared
and brightness cannot."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from aion.catalog import SmallSpectrum
from aion.explorer.figures.sampling import decimate
from aion.explorer.figures.theme import LIGHT, Theme, as_label, blank


@dataclass(frozen=True)
class OverlaySpectrum:
    """One of the objects."""

    name: str
    spectrum: SmallSpectrum
    z: float | None


def overlay_spectra(
    spectra: Sequence[OverlaySpectrum], *, rest: bool = False, theme: Theme = LIGHT
) -> go.Figure:
    """Flux / median against wavelength in vacuum; ``rest``: each in its rest frame, which needs every z."""
    figure = blank(theme, height=360)
    for one, color in zip(spectra, (theme.ink, theme.decoded, theme.accent, theme.absorption), strict=False):
        shift = 1 + (one.z or 0.0) if rest else 1.0
        drawn = decimate(one.spectrum.flux)
        scale = float(np.nanmedian(np.abs(one.spectrum.flux))) or 1.0
        figure.add_trace(
            go.Scatter(
                x=one.spectrum.wavelength[drawn] / shift,
                y=one.spectrum.flux[drawn] / scale,
                mode="lines",
                name=as_label(one.name),
                line={"color": color, "width": 1.4},
                hovertemplate="%{x:.0f} Å<br>%{y:.2f} × median<extra>%{fullData.name}</extra>",
            )
        )
    figure.update_xaxes(title_text=f"{'Rest' if rest else 'Observed'} wavelength, vacuum (Å)")
    figure.update_yaxes(title_text="Flux / median of the spectrum")
    return figure
