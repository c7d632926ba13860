"""The form to set what the files do not say, or say wrongly; only fields that the object has a use for."""

from dataclasses import replace
from typing import Any

import streamlit as st

from aion.errors import ConfigError
from aion.explorer.ui.shared import layout
from aion.explorer.ui.shared.session import Pending, current_session
from aion.io import Overrides
from aion.io.objects import IMAGE_SURVEYS, SPECTRUM_SURVEYS, WAVELENGTH_UNITS

AUTO = "Detect"


def override_form(pending: Pending, *, is_image: bool, is_spectrum: bool, key: str) -> None:
    """Values that replace what would be detected in these files; they are read again with them."""
    values: dict[str, Any] = {}
    with st.form(key, border=False):
        st.markdown("**Set instead of detecting**")
        with st.grid(min_column_width=180):
            surveys = (IMAGE_SURVEYS if is_image else ()) + (SPECTRUM_SURVEYS if is_spectrum else ())
            values["survey"] = _choice("Survey", surveys, pending.overrides.survey)
            if is_image:
                _image_fields(values, pending.overrides)
            if is_spectrum:
                _spectrum_fields(values, pending.overrides)
        if st.form_submit_button("Read again", icon=":material/refresh:"):
            _pend(pending, values)


def _image_fields(values: dict[str, Any], overrides: Overrides) -> None:
    values["bands"] = st.text_input(
        "Bands, in order", value=" ".join(overrides.bands or ()), placeholder=AUTO, help="Such as: g r z"
    )
    values["pixel_scale"] = st.number_input(
        "Pixel scale (arcsec)",
        value=overrides.pixel_scale,
        min_value=0.0,
        step=0.001,
        placeholder=AUTO,
        format="%.3f",
    )
    values["image_flux_scale"] = _factor(
        "Pixel values times", overrides.image_flux_scale, "To be in nanomaggies, or in HSC counts."
    )
    values["position"] = st.text_input(
        "Position: RA, Dec (degrees)",
        value=", ".join(map(str, overrides.position or ())),
        placeholder=AUTO,
        help=_POSITION,
    )


_POSITION = (
    "Of the object in a larger image, ICRS: the field around it is cut out. Such as: 160.38658, −0.84930"
)


def _spectrum_fields(values: dict[str, Any], overrides: Overrides) -> None:
    values["medium"] = _choice("Wavelengths are in", ("vacuum", "air"), overrides.medium)
    values["wavelength_unit"] = _choice("Wavelength unit", WAVELENGTH_UNITS, overrides.wavelength_unit)
    values["mask_sense"] = _choice("A set mask bit means", ("bad", "good"), overrides.mask_sense)
    values["spectrum_flux_scale"] = _factor(
        "Flux times", overrides.spectrum_flux_scale, "To be in 1e-17 erg s⁻¹ cm⁻² Å⁻¹."
    )


def _factor(label: str, value: float | None, help: str) -> float | None:
    return st.number_input(label, value=value, min_value=0.0, placeholder=AUTO, format="%g", help=help)


def _choice(label: str, options: tuple[str, ...], value: str | None) -> str | None:
    shown = [AUTO, *options]
    chosen = st.selectbox(label, shown, index=shown.index(value) if value in shown else 0)
    return None if chosen == AUTO else chosen


def _words(text: str | None) -> list[str]:
    return (text or "").replace(",", " ").replace("−", "-").split()


def _pend(pending: Pending, values: dict[str, Any]) -> None:
    values["bands"] = tuple(_words(values.get("bands"))) or None
    try:
        values["position"] = tuple(map(float, _words(values.get("position")))) or None
        overrides = Overrides(**values)
    except (ConfigError, ValueError) as exc:
        told = exc if isinstance(exc, ConfigError) else "a position is two numbers, RA and Dec in degrees"
        layout.refuse(str(told))
        return
    current_session().pending = replace(pending, overrides=overrides)
    st.rerun()
