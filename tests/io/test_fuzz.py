"""Damaged files: noise, cut short, bits flipped. They give objects or a sentence, never a fault of ours."""

import numpy as np
import pytest

from aion.errors import FormatError, InputError
from aion.io import SkyObject, read

MAGICS = (
    b"",
    b"SIMPLE  =                    T",
    b"\x89HDF\r\n\x1a\n",
    b"PAR1",
    b"PK\x03\x04",
    b"\x93NUMPY\x01\x00",
    b"{",
    b"<VOTABLE",
    b"a,b\n",
    b"\x1f\x8b\x08",
)
NAMES = (
    "sdss_spec.fits", "spspec.fits", "desi_coadd.fits", "desi_redrock.fits", "mmu_desi.parquet",
    "mmu_legacysurvey.hdf5", "sparcl.json", "ls_cutout.fits.gz", "ls_brick.fits.fz", "hsc_g.fits.gz",
    "cube.npz", "photometry.ecsv", "photometry.fits", "photometry.vot", "spectrum.csv",
)  # fmt: skip


def objects_of(data: bytes) -> list[SkyObject]:
    """None where the file is refused as damaged; other exceptions, a FaultError among them, fail the test."""
    try:
        return read(data)
    except InputError:
        return []


@pytest.mark.parametrize("magic", MAGICS)
def test_noise_is_refused(magic):
    rng = np.random.default_rng(1)
    for size in (1, 10, 300, 5000):
        for noise in (rng.bytes(size), bytes(rng.integers(32, 127, size, dtype=np.uint8))):
            with pytest.raises(FormatError):
                read(magic + noise)


@pytest.mark.parametrize("name", NAMES)
def test_files_cut_short_are_refused_or_read(twins, name):
    data = (twins / name).read_bytes()
    for share in (0.001, 0.03, 0.2, 0.5, 0.8, 0.97, 0.999):
        cut = objects_of(data[: int(share * len(data))])
        whole = read(data)
        assert len(cut) <= len(whole) and {one.id for one in cut} <= {one.id for one in whole}


@pytest.mark.parametrize("name", NAMES)
def test_flipped_bits_are_refused_or_read(twins, name):
    data = np.frombuffer((twins / name).read_bytes(), np.uint8)
    rng = np.random.default_rng(2)
    for reach in (400, 3000, 9000, len(data)):
        for _ in range(3):
            damaged = data.copy()
            damaged[rng.integers(0, min(reach, len(data)), 4)] ^= np.uint8(1) << rng.integers(0, 8, 4).astype(
                np.uint8
            )
            assert all(one.modalities for one in objects_of(damaged.tobytes()))
