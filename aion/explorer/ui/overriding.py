"""The form in which a person sets what the files do not say, or say wrongly; only fields that the object has a use for."""

from typing import Any

import streamlit as st

from aion.errors import ConfigError
from aion.explorer.ui.state import Pending, Session
from aion.io import Overrides, SkyObject
from aion.io.objects import IMAGE_SURVEYS, SPECTRUM_SURVEYS
from aion.modalities import Image, Spectrum

AUTO = "Detect"


def override_form(now: Session, thing: SkyObject) -> None:
    """Values that replace what would be detected; the files are read again with them."""
    is_image = any(isinstance(modality, Image) for modality in thing.modalities)
    is_spectrum = any(isinstance(modality, Spectrum) for modality in thing.modalities)
    if not (is_image or is_spectrum):
        return
    values: dict[str, Any] = {}
    with st.form(f"overrides-{now.opened}", border=False):
        st.markdown("**Set instead of detecting**")
        with st.grid(min_column_width=180):
            surveys = (IMAGE_SURVEYS if is_image else ()) + (SPECTRUM_SURVEYS if is_spectrum else ())
            values["survey"] = _choice("Survey", surveys, now.overrides.survey)
            if is_image:
                _image_fields(values, now.overrides)
            if is_spectrum:
                _spectrum_fields(values, now.overrides)
            values["flux_scale"] = st.number_input(
                "Flux scale", value=now.overrides.flux_scale, min_value=0.0, placeholder=AUTO, format="%g", help=_FLUX_SCALE
            )
        if st.form_submit_button("Read again", icon=":material/refresh:"):
            _pend(now, values)


_FLUX_SCALE = "What stored fluxes are multiplied by to be in nanomaggies per pixel, or in 1e-17 erg s⁻¹ cm⁻² Å⁻¹ for a spectrum."


def _image_fields(values: dict[str, Any], given: Overrides) -> None:
    values["bands"] = st.text_input("Bands, in order", value=" ".join(given.bands or ()), placeholder=AUTO, help="Such as: g r z")
    values["pixel_scale"] = st.number_input(
        "Pixel scale (arcsec)", value=given.pixel_scale, min_value=0.0, step=0.001, placeholder=AUTO, format="%.3f"
    )


def _spectrum_fields(values: dict[str, Any], given: Overrides) -> None:
    values["medium"] = _choice("Wavelengths are in", ("vacuum", "air"), given.medium)
    values["wavelength_unit"] = _choice("Wavelength unit", ("Angstrom", "nm", "um"), given.wavelength_unit)
    values["mask_sense"] = _choice("A set mask bit means", ("bad", "good"), given.mask_sense)


def _choice(label: str, options: tuple[str, ...], given: str | None) -> str | None:
    shown = [AUTO, *options]
    chosen = st.selectbox(label, shown, index=shown.index(given) if given in shown else 0)
    return None if chosen == AUTO else chosen


def _pend(now: Session, values: dict[str, Any]) -> None:
    values["bands"] = tuple((values.get("bands") or "").replace(",", " ").split()) or None
    try:
        overrides = Overrides(**values)
    except ConfigError as exc:
        st.error(str(exc), icon=":material/error:")
        return
    now.pending = Pending(now.files, now.origin, now.label, overrides, now.example)
    st.rerun()
