"""What is shown of one object while it is inspected, as plain values for a browser.

Arrays are little-endian float32 in base64: fluxes in 1e-17 erg/s/cm2/Å, wavelengths in vacuum Å, observed
frame.
"""

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aion.exact_redshift import ExactRedshift
from aion.explorer.redshift.inspection.queues import QueueObject
from aion.explorer.redshift.line_evidence import votes
from aion.explorer.results import Analysis, SpectrumResult
from aion.previews import picture

NEIGHBORS = 8
"""Shown at most."""


def screen_of(known: QueueObject, analysis: Analysis) -> dict[str, Any]:
    """All of it, with redshifts in full precision."""
    return {
        **_facts(known),
        "z": analysis.z,
        "spectra": [_spectrum(one) for one in analysis.spectra],
        "edges": _packed(analysis.redshift.edges),
        "density": _packed(analysis.redshift.density),
        "peaks": _peaks(analysis),
        "pictures": _pictures(analysis),
        "neighbors": [
            {"id": one.id, "z": one.z, "kind": one.kind, "similarity": one.similarity}
            for one in analysis.neighbors[:NEIGHBORS]
        ],
        "flags": list(analysis.redshift.flags),
    }


def screen_of_problem(known: QueueObject, why: str) -> dict[str, Any]:
    """Where there is nothing to see: why."""
    return {**_facts(known), "problem": why}


def _facts(known: QueueObject) -> dict[str, Any]:
    return {
        "id": known.id,
        "ra": known.ra,
        "dec": known.dec,
        "z_catalog": known.z_catalog,
        "kind": known.kind,
        "snr": known.snr,
    }


def _spectrum(result: SpectrumResult) -> dict[str, Any]:
    flux = None if result.flux is None else np.where(result.bad, np.nan, result.flux)
    return {
        "survey": result.survey,
        "wavelength": _packed(result.wavelength),
        "flux": None if flux is None else _packed(flux),
        "sigma": None if result.sigma is None else _packed(result.sigma),
        "decoded": _packed(result.decoded),
    }


def _peaks(analysis: Analysis) -> list[dict[str, Any]]:
    """Each peak of p(z) with its exact redshift, or why it has none, and the lines that it predicts."""
    peaks = analysis.redshift.peaks
    found = []
    for peak, exact in zip(peaks, analysis.exact or (None,) * len(peaks), strict=True):
        is_exact = isinstance(exact, ExactRedshift)
        z = exact.z if isinstance(exact, ExactRedshift) else peak.z
        seen = votes(analysis.spectra, z)
        found.append(
            {
                "z": z,
                "probability": peak.probability,
                "exact": is_exact,
                "text": f"{peak.z:.4f}" if exact is None else str(exact),
                "found": seen.found_count,
                "predicted": len(seen.measured_lines),
            }
        )
    return found


def _pictures(analysis: Analysis) -> list[dict[str, str]]:
    pictures = []
    for one in analysis.images:
        given = one.original if one.whole is None else one.whole
        shown = one.decoded if given is None else given
        data = base64.b64encode(picture(shown, one.bands)).decode()
        what = one.survey if given is not None else f"{one.survey}, decoded"
        pictures.append({"url": f"data:image/webp;base64,{data}", "what": what})
    return pictures


def _packed(values: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f4").tobytes()).decode()
