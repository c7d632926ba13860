"""Other programs on this computer by SAMP (TOPCAT, Aladin, DS9): they are sent a position, an image, a
spectrum or a table, and a position that they send is kept. https://www.ivoa.net/documents/SAMP/

Only the hub of this computer is spoken to; files are handed over as files of it.
"""

import math
import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pyvo.samp import SAMPClientError, SAMPHubError, SAMPIntegratedClient, SAMPProxyError

from aion.errors import ArchiveError

POINT, IMAGE, TABLE, SPECTRUM = (
    "coord.pointAt.sky",
    "image.load.fits",
    "table.load.votable",
    "spectrum.load.ssa-generic",
)
"""What is sent, as SAMP calls it: https://wiki.ivoa.net/twiki/bin/view/IVOA/SampMTypes"""
NO_HUB = "no SAMP hub runs on the computer of this server; TOPCAT and Aladin start one"


@dataclass(frozen=True)
class SentPlace:
    """A position that another program points at."""

    ra: float
    """Degrees, ICRS."""
    dec: float
    sender: str
    """Name of the program."""


class SampConnection:
    """This program at the hub; one of a process, which connects when it is first used, and anew where the hub
    was started again. Every method raises ArchiveError where there is no hub."""

    def __init__(self) -> None:
        self.place: SentPlace | None = None
        """What another program pointed at last."""
        about = {"samp.description.text": "Galaxies through AION-1"}
        self._client = SAMPIntegratedClient("AION Explorer", metadata=about, addr="127.0.0.1")
        self._folder = TemporaryDirectory(prefix="aion-samp-")

    def join(self) -> None:
        """Be there, so that what others point at is heard."""
        self._ask(lambda: ())

    def send_place(self, ra: float, dec: float) -> tuple[str, ...]:
        """Point at a position, degrees, ICRS; names of the programs that are told."""
        return self._ask(lambda: self._send(POINT, {"ra": f"{ra:.7f}", "dec": f"{dec:.7f}"}))

    def send_image(self, name: str, fits: bytes) -> tuple[str, ...]:
        """Show a FITS image; names of the programs that take it."""
        return self._ask(lambda: self._send(IMAGE, self._file(name, "fits", fits)))

    def send_table(self, name: str, votable: bytes) -> tuple[str, ...]:
        """Open a table; names of the programs that take it."""
        return self._ask(lambda: self._send(TABLE, self._file(name, "vot", votable)))

    def send_spectrum(self, name: str, votable: bytes) -> tuple[str, ...]:
        """Show a spectrum; where nobody shows spectra, open it as the table that it is."""

        def send() -> tuple[str, ...]:
            file = self._file(name, "vot", votable)
            about = {"Access.Format": "application/x-votable+xml", "Target.Name": name}
            return self._send(SPECTRUM, file | {"meta": about}) or self._send(TABLE, file)

        return self._ask(send)

    def close(self) -> None:
        """Leave the hub."""
        if self._client.is_connected:
            self._client.disconnect()
        self._folder.cleanup()

    def _ask(self, do: Any) -> tuple[str, ...]:
        try:
            self._connect()
            names: tuple[str, ...] = do()
        except (SAMPHubError, SAMPClientError, SAMPProxyError, OSError, KeyError) as exc:
            raise ArchiveError(NO_HUB) from exc
        return names

    def _connect(self) -> None:
        if self._client.is_connected:
            try:
                self._client.ping()
                return
            except (SAMPProxyError, OSError):  # the hub is gone, and perhaps another one came
                self._client.disconnect()
        self._client.connect()
        self._client.bind_receive_message(POINT, self._take_place)

    def _take_place(
        self, key: str, sender: str, message: str | None, kind: str, params: Any, extra: Any
    ) -> None:
        del key, kind, extra
        try:
            ra, dec = float(params["ra"]) % 360, float(params["dec"])
        except (KeyError, TypeError, ValueError):
            ra, dec = math.nan, math.nan
        is_place = math.isfinite(ra) and abs(dec) <= 90
        if is_place:
            self.place = SentPlace(ra, dec, self._name(sender))
        if message is not None:
            status = "samp.ok" if is_place else "samp.error"
            self._client.ereply(message, status, result={}, error={"samp.errortxt": "no position"})

    def _send(self, kind: str, params: dict[str, Any]) -> tuple[str, ...]:
        takers = [one for one in self._client.get_subscribed_clients(kind) if one != self._own_id()]
        for taker in takers:
            self._client.notify(taker, {"samp.mtype": kind, "samp.params": params})
        return tuple(map(self._name, takers))

    def _own_id(self) -> str:
        return str(self._client.get_public_id())

    def _name(self, id: str) -> str:
        return str(self._client.get_metadata(id).get("samp.name", id))

    def _file(self, name: str, ending: str, data: bytes) -> dict[str, Any]:
        """Written where other programs read it, under a name that is one."""
        stem = re.sub(r"[^\w.+-]+", "_", name)[:80]
        path = Path(self._folder.name) / f"{stem}.{ending}"
        path.write_bytes(data)
        return {"url": path.as_uri(), "name": name, "table-id": name, "image-id": name, "spectrum-id": name}
