"""The base of every modality, and the modalities that are one number (or one row of coefficients) per object.

`aion.modalities` is the place to import from; it adds images, spectra, catalogs and maps to what is here.
"""

import copy
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from aion.arrays import as_tensor
from aion.errors import ModalityError

SENTINELS = (-99.0, -999.0, -9999.0, 9999.0)
"""Numbers that surveys write where nothing was measured."""

MODALITIES: dict[str, "type[Modality]"] = {}
"""Token key -> class, for every modality with a token stream of its own."""
ScalarModalities: dict[str, "type[Scalar]"] = {}
"""Published name -> class, for every scalar."""


@dataclass(frozen=True, eq=False, init=False)
class Modality:
    """Base of everything the model reads. Class attributes:
    published `name`, `token_key`, `num_tokens`, `unit`."""

    name: ClassVar[str] = ""
    token_key: ClassVar[str] = ""
    num_tokens: ClassVar[int] = 0
    unit: ClassVar[str] = ""

    def __init_subclass__(
        cls, *, name: str = "", token_key: str = "", num_tokens: int = 0, unit: str = ""
    ) -> None:
        super().__init_subclass__()
        cls.name, cls.unit = name or cls.name, unit or cls.unit
        cls.token_key, cls.num_tokens = token_key, num_tokens or cls.num_tokens
        if token_key:
            MODALITIES[token_key] = cls

    def __len__(self) -> int:
        """Number of objects B."""
        return next(len(value) for value in self._tensors().values())

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name}={tuple(value.shape)}" for name, value in self._tensors().items())
        return f"{type(self).__name__}({shapes})"

    def to(self, device: str | torch.device) -> Self:
        """The same objects with their tensors on `device`."""
        moved = copy.copy(self)
        moved._set(**{name: value.to(device) for name, value in self._tensors().items()})
        return moved

    def _tensors(self) -> dict[str, Tensor]:
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return {name: value for name, value in values.items() if isinstance(value, Tensor)}

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Scalar(Modality, num_tokens=1):
    """One number per object, or one row of coefficients.

    Attributes:
        value: (B,) float32 in `unit`; (B, num_tokens) where there are several.
    """

    value: Tensor

    def __init_subclass__(
        cls, *, name: str = "", token_key: str = "", num_tokens: int = 0, unit: str = ""
    ) -> None:
        super().__init_subclass__(name=name, token_key=token_key, num_tokens=num_tokens, unit=unit)
        ScalarModalities[name] = cls

    def __init__(self, value: Any) -> None:
        """Raises ModalityError: a value is missing (NaN, infinite or a survey's
        sentinel), or the shape does not fit."""
        values = as_tensor(value, torch.float32, what=self.name)
        if self.num_tokens > 1:
            values = values[None] if values.ndim == 1 else values
            fits = values.ndim == 2 and values.shape[1] == self.num_tokens
        else:
            values = values[None] if values.ndim == 0 else values
            values = values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
            fits = values.ndim == 1
        if not fits:
            raise ModalityError(
                f"{self.name} has shape {tuple(values.shape)}; "
                f"{self.num_tokens} value(s) per object are expected"
            )
        missing = ~values.isfinite() | torch.isin(values, torch.tensor(SENTINELS, device=values.device))
        if missing.any():
            rows = int(missing.reshape(len(values), -1).any(-1).sum())
            raise ModalityError(
                f"{self.name} is missing for {rows} of {len(values)} objects (NaN or a sentinel): "
                "drop the modality there"
            )
        self._set(value=values)


class LegacySurveyFluxG(Scalar, name="FLUX_G", token_key="tok_flux_g", unit="nanomaggies"):
    """Legacy Survey g flux, nanomaggies, not corrected for extinction."""


class LegacySurveyFluxR(Scalar, name="FLUX_R", token_key="tok_flux_r", unit="nanomaggies"):
    """Legacy Survey r flux, nanomaggies, not corrected for extinction."""


class LegacySurveyFluxI(Scalar, name="FLUX_I", token_key="tok_flux_i", unit="nanomaggies"):
    """Legacy Survey i flux, nanomaggies, not corrected for extinction."""


class LegacySurveyFluxZ(Scalar, name="FLUX_Z", token_key="tok_flux_z", unit="nanomaggies"):
    """Legacy Survey z flux, nanomaggies, not corrected for extinction."""


class LegacySurveyFluxW1(Scalar, name="FLUX_W1", token_key="tok_flux_w1", unit="nanomaggies"):
    """WISE W1 flux (AB), nanomaggies."""


class LegacySurveyFluxW2(Scalar, name="FLUX_W2", token_key="tok_flux_w2", unit="nanomaggies"):
    """WISE W2 flux (AB), nanomaggies."""


class LegacySurveyFluxW3(Scalar, name="FLUX_W3", token_key="tok_flux_w3", unit="nanomaggies"):
    """WISE W3 flux (AB), nanomaggies."""


class LegacySurveyFluxW4(Scalar, name="FLUX_W4", token_key="tok_flux_w4", unit="nanomaggies"):
    """WISE W4 flux (AB), nanomaggies."""


class LegacySurveyShapeR(Scalar, name="SHAPE_R", token_key="tok_shape_r", unit="arcsec"):
    """Legacy Survey half-light radius, arcsec."""


class LegacySurveyShapeE1(Scalar, name="SHAPE_E1", token_key="tok_shape_e1"):
    """Legacy Survey first ellipticity component."""


class LegacySurveyShapeE2(Scalar, name="SHAPE_E2", token_key="tok_shape_e2"):
    """Legacy Survey second ellipticity component."""


class LegacySurveyEBV(Scalar, name="EBV", token_key="tok_ebv", unit="mag"):
    """Galactic reddening E(B-V) (SFD), magnitudes."""


class Z(Scalar, name="Z", token_key="tok_z"):
    """Spectroscopic redshift."""


class HSCAG(Scalar, name="a_g", token_key="tok_a_g", unit="mag"):
    """Galactic extinction in HSC g, magnitudes."""


class HSCAR(Scalar, name="a_r", token_key="tok_a_r", unit="mag"):
    """Galactic extinction in HSC r, magnitudes."""


class HSCAI(Scalar, name="a_i", token_key="tok_a_i", unit="mag"):
    """Galactic extinction in HSC i, magnitudes."""


class HSCAZ(Scalar, name="a_z", token_key="tok_a_z", unit="mag"):
    """Galactic extinction in HSC z, magnitudes."""


class HSCAY(Scalar, name="a_y", token_key="tok_a_y", unit="mag"):
    """Galactic extinction in HSC y, magnitudes."""


class HSCMagG(Scalar, name="g_cmodel_mag", token_key="tok_mag_g", unit="AB mag"):
    """HSC g cmodel magnitude, AB."""


class HSCMagR(Scalar, name="r_cmodel_mag", token_key="tok_mag_r", unit="AB mag"):
    """HSC r cmodel magnitude, AB."""


class HSCMagI(Scalar, name="i_cmodel_mag", token_key="tok_mag_i", unit="AB mag"):
    """HSC i cmodel magnitude, AB."""


class HSCMagZ(Scalar, name="z_cmodel_mag", token_key="tok_mag_z", unit="AB mag"):
    """HSC z cmodel magnitude, AB."""


class HSCMagY(Scalar, name="y_cmodel_mag", token_key="tok_mag_y", unit="AB mag"):
    """HSC y cmodel magnitude, AB."""


class HSCShape11(Scalar, name="i_sdssshape_shape11", token_key="tok_shape11", unit="arcsec2"):
    """HSC i second moment xx, arcsec2."""


class HSCShape22(Scalar, name="i_sdssshape_shape22", token_key="tok_shape22", unit="arcsec2"):
    """HSC i second moment yy, arcsec2."""


class HSCShape12(Scalar, name="i_sdssshape_shape12", token_key="tok_shape12", unit="arcsec2"):
    """HSC i second moment xy, arcsec2."""


class GaiaFluxG(Scalar, name="phot_g_mean_flux", token_key="tok_flux_g_gaia", unit="electron/s"):
    """Gaia G mean flux, electrons/s."""


class GaiaFluxBp(Scalar, name="phot_bp_mean_flux", token_key="tok_flux_bp_gaia", unit="electron/s"):
    """Gaia BP mean flux, electrons/s."""


class GaiaFluxRp(Scalar, name="phot_rp_mean_flux", token_key="tok_flux_rp_gaia", unit="electron/s"):
    """Gaia RP mean flux, electrons/s."""


class GaiaParallax(Scalar, name="parallax", token_key="tok_parallax", unit="mas"):
    """Gaia parallax, mas."""


class Ra(Scalar, name="ra", token_key="tok_ra", unit="deg"):
    """Right ascension, ICRS degrees."""


class Dec(Scalar, name="dec", token_key="tok_dec", unit="deg"):
    """Declination, ICRS degrees."""


class GaiaXpBp(Scalar, name="bp_coefficients", token_key="tok_xp_bp", num_tokens=55):
    """Gaia BP spectrum, 55 coefficients."""


class GaiaXpRp(Scalar, name="rp_coefficients", token_key="tok_xp_rp", num_tokens=55):
    """Gaia RP spectrum, 55 coefficients."""
