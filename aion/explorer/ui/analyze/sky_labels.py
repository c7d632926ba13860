"""What the archives have, in words and as a table."""

from collections.abc import Sequence

import pandas as pd

from aion.sky.fetched import Fetched
from aion.sky.gather import JOINED_WITHIN, Finding, Offer


def found_text(finding: Finding) -> str:
    """``2 images, photometry, 3 spectra; 4 spectra of other objects nearby``"""
    same = sum(offer.separation <= JOINED_WITHIN for offer in finding.offers)
    others = len(finding.offers) - same
    parts = [_counted(len(finding.images), "image"), "photometry" if finding.photometry else ""]
    text = ", ".join(filter(None, [*parts, _counted(same, "spectrum", "spectra")]))
    return f"{text}; {_counted(others, 'spectrum', 'spectra')} of other objects nearby" if others else text


def file_text(file: Fetched) -> str:
    """``Legacy Surveys: ls-dr10-150.10083+2.20000.fits, 0.0″ away``"""
    provenance = file.provenance
    away = "" if provenance.separation is None else f", {provenance.separation:.1f}″ away"
    note = f" ({provenance.note})" if provenance.note else ""
    return f"{provenance.survey}: {file.name}{away}{note}"


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or f'{one}s'}" if count else ""


def offer_text(offer: Offer) -> str:
    """``DESI-DR1 39627835576420141: 0.2″, S/N 12, primary; its survey says z = 0.34120, GALAXY``"""
    spectrum = offer.spectrum
    snr = "" if offer.snr is None else f", S/N {offer.snr:.1f}"
    primary = ", primary" if spectrum.is_primary else ""
    warning = f" with warning {spectrum.z_warning}" if spectrum.z_warning else ""
    z = "no z" if spectrum.z is None else f"z = {spectrum.z:.5f}{warning}"
    kind = f", {spectrum.kind}" if spectrum.kind else ""
    return (
        f"{spectrum.release} {spectrum.id}: {offer.separation:.1f}″{snr}{primary}; its survey says {z}{kind}"
    )


def offers_table(offers: Sequence[Offer]) -> pd.DataFrame:
    """One row for each."""
    rows = [
        (one.spectrum.release, one.spectrum.id, one.separation, one.spectrum.z, one.spectrum.kind)
        for one in offers
    ]
    return pd.DataFrame(rows, columns=["Release", "Id", "Separation (arcsec)", "z of the survey", "Class"])
