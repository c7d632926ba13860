"""What the archives have, in words and as a table."""

from collections.abc import Sequence

import pandas as pd

from aion.sky.fetched import Fetched
from aion.sky.gather import Offer


def file_text(file: Fetched) -> str:
    """``ls-dr10-150.10083+2.20000.fits: Legacy Surveys, 0.0″``"""
    provenance = file.provenance
    away = "" if provenance.separation is None else f", {provenance.separation:.1f}″ from the place"
    note = f" ({provenance.note})" if provenance.note else ""
    return f"{file.name}: {provenance.survey}{away}{note}"


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
