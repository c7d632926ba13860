"""What the explorer runs with, read from the environment once, here and nowhere else."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from aion.constants import PRECISIONS
from aion.errors import ConfigError
from aion.processors import thread_variables
from aion.resources import resource
from aion.sky.services import Services

EMBEDDED_MODEL = str(resource("assets/models/aion-sim"))
CATALOG = resource("assets/catalog")
BESIDE, NO_RECALIBRATION = "beside", "no"
ALADIN = "https://aladin.cds.unistra.fr/AladinLite/api/v3/3.8.2/aladin.js"


@dataclass(frozen=True)
class Settings:
    """Which weights, which catalog, which device.

    Raises:
        ConfigError: the device, the precision or Aladin Lite is none of what is named below.
    """

    model: str = EMBEDDED_MODEL
    """Folder or Hub id of weights in the published layout (``AION_MODEL``)."""
    revision: str | None = None
    """Commit, branch or tag of a Hub id (``AION_REVISION``)."""
    device: str = "auto"
    """``"auto"`` (CUDA when there is one), ``"cpu"``, ``"cuda"`` or ``"cuda:N"`` (``AION_DEVICE``)."""
    precision: str = "auto"
    """Of the transformer and the decoders: ``"auto"`` (bfloat16 where the processor multiplies it),
    ``"float32"`` or ``"bfloat16"`` (``AION_PRECISION``)."""
    catalog: Path = CATALOG
    """Folder of the reference catalog; it may be absent (``AION_CATALOG``)."""
    recalibration: str = BESIDE
    """What corrects p(z): ``"beside"``, the file that lies beside the weights where there is one, ``"no"``,
    or another file of these weights (``AION_RECALIBRATION``)."""
    own: Path = Path.home() / ".cache" / "aion-explorer" / "catalogs"
    """Folder for the batches that persons begin on a page (``AION_OWN``)."""
    queue: str = ""
    """Id of the queue at which the application opens; `aion inspect` sets it (``AION_QUEUE``)."""
    inspection: Path = Path.home() / ".local" / "share" / "aion-explorer"
    """Folder for queues of the visual inspection, with all that people decide (``AION_INSPECTION``)."""
    heads: Path = Path.home() / ".local" / "share" / "aion-explorer" / "heads"
    """Folder for heads that persons keep (``AION_HEADS``)."""
    indexes: Path = Path.home() / ".cache" / "aion-explorer" / "indexes"
    """Folder for indexes of catalogs beside which nobody may write (``AION_INDEXES``)."""
    sky: Services | None = field(default_factory=Services)
    """Archives that are asked when a person asks for a position, a name or an id; None: nobody is asked, and
    no page offers it (``AION_SKY=no``). ``AION_SKY_VIEWER``, ``_SPARCL``, ``_SESAME``, ``_SDSS``,
    ``_DESI``, ``_CACHE``, ``_CACHE_BYTES`` and ``_PACE`` set the fields of `Services`."""
    aladin: str = ALADIN
    """Address or file of Aladin Lite 3, which browsers load where a person opens the sky around an object
    (``AION_ALADIN``); from an address the script that the CDS serves, from a file also the module of npm."""
    token: str | None = field(default=None, repr=False)
    """Hub token for gated weights (``HF_TOKEN``); never shown or stored."""

    def __post_init__(self) -> None:
        kind, _, number = self.device.partition(":")
        if kind not in ("auto", "cpu", "cuda") or (number and not (kind == "cuda" and number.isdigit())):
            raise ConfigError(f"AION_DEVICE is {self.device!r}; it is one of auto, cpu, cuda, cuda:N")
        if self.precision not in PRECISIONS:
            raise ConfigError(f"AION_PRECISION is {self.precision!r}; it is one of {', '.join(PRECISIONS)}")
        if not self.aladin.startswith(("https://", "http://")) and not Path(self.aladin).is_file():
            raise ConfigError(
                f"AION_ALADIN is {self.aladin!r}; it is an address that begins with https:// or http://, "
                "or a file of this computer"
            )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Empty variables count as absent."""
        given = {name: value for name, value in environment.items() if value}
        return cls(
            model=given.get("AION_MODEL", cls.model),
            revision=given.get("AION_REVISION"),
            device=given.get("AION_DEVICE", cls.device),
            precision=given.get("AION_PRECISION", cls.precision),
            catalog=Path(given.get("AION_CATALOG", cls.catalog)),
            recalibration=given.get("AION_RECALIBRATION", cls.recalibration),
            own=Path(given.get("AION_OWN", cls.own)),
            queue=given.get("AION_QUEUE", cls.queue),
            inspection=Path(given.get("AION_INSPECTION", cls.inspection)),
            heads=Path(given.get("AION_HEADS", cls.heads)),
            indexes=Path(given.get("AION_INDEXES", cls.indexes)),
            sky=_sky(given),
            aladin=given.get("AION_ALADIN", cls.aladin),
            token=given.get("HF_TOKEN"),
        )


def share_processors() -> None:
    """Let computations of this process go along with those of others: see `aion.processors`. Comes before
    torch is imported."""
    os.environ.update(thread_variables(os.environ))


def _sky(given: Mapping[str, str]) -> Services | None:
    switch = given.get("AION_SKY", "yes")
    if switch not in ("yes", "no"):
        raise ConfigError(f"AION_SKY is {switch!r}; it is yes or no")
    prefix = "AION_SKY_"
    texts = {
        name.removeprefix(prefix).lower(): value for name, value in given.items() if name.startswith(prefix)
    }
    return Services.from_texts(texts) if switch == "yes" else None


def environment_with(
    model: str | None = None,
    recalibration: str | None = None,
    queue: str | None = None,
    environment: Mapping[str, str] = os.environ,
) -> dict[str, str]:
    """The environment of a process that shall use these; None leaves the choice as it is."""
    asked = {"AION_MODEL": model, "AION_RECALIBRATION": recalibration, "AION_QUEUE": queue}
    return {**environment, **{name: value for name, value in asked.items() if value}}


def process_share(environ: Mapping[str, str] | None = None) -> tuple[int, int]:
    """Which of how many processes this is that SLURM or torchrun started together, counted from 0.

    Raises:
        ConfigError: neither did.
    """
    environ = os.environ if environ is None else environ
    for rank, processes in (("SLURM_PROCID", "SLURM_NTASKS"), ("RANK", "WORLD_SIZE")):
        if rank in environ and processes in environ:
            return int(environ[rank]), int(environ[processes])
    raise ConfigError(
        "no SLURM_PROCID and SLURM_NTASKS, nor RANK and WORLD_SIZE: start it by srun or torchrun"
    )
