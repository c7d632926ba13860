"""Whatever comes in, the answer is objects or one sentence: what came, what is expected, what to do.

Never another exception.
"""

import gzip
import io
import json
import pickle
import sys
import warnings
import zipfile

import h5py
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from aion.errors import AIONError, FaultError, FormatError, ModalityError
from aion.io import columns, read, source, text_in


def npz(**arrays) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def npy_with_header(header: str) -> bytes:
    text = header.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode() + bytes(80)


@pytest.mark.parametrize(
    "data, message",
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "PNG picture.*FITS version"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "JPEG picture"),
        (b"%PDF-1.7\n" + bytes(100), "PDF document"),
        (pickle.dumps({"flux": [1.0] * 100}), "pickle.*never opened"),
        (b"#ASDF 1.0.0\n", "ASDF"),
        (b"BZh91AY" + bytes(50), "damaged bzip2 file.*download it again"),
        (b"<html><body>Not found</body></html>", "web page"),
        (b"<?xml version='1.0'?><kml></kml>", "XML file of another kind"),
        (b"hello, this is no table\nat all\n", "row 1 has 1"),
        (b"one two three four five six\n", r"6 columns \(one, two, three, four, …\), but there is no row"),
        (b"# only a comment\n", "no rows"),
        (b"\xfe\x00\x01\x02" * 100, "no known kind of file"),
        (b"{}", "no record"),
        (b"[1, 2, 3]", "no record"),
        (b'{"a": 1, "b": 2}', "holds a, b"),
        (b'{"flux": [1, 2', "cannot be read as JSON"),
        (b"SIMPLE  =                    T", "cannot be read as FITS"),
        (b"PAR1" + bytes(100), "cannot be read as Parquet"),
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "cannot be read as HDF5"),
        (b"PK\x03\x04" + bytes(100), "cannot be read as npz"),
        (b"\x93NUMPY\x01\x00" + bytes(10), "cannot be read as npy"),
        (b"\x1f\x8b\x08" + bytes(100), "gzip"),
    ],
)
def test_what_cannot_be_read_is_named(data, message):
    with pytest.raises(FormatError, match=message):
        read(data)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(FormatError, match=r"nothing\.fits cannot be read: No such file"):
        read(tmp_path / "nothing.fits")
    with pytest.raises(FormatError, match="it is a folder"):
        read(tmp_path)
    with pytest.raises(FormatError, match="a int cannot be read"):
        read(3)


def test_a_file_above_the_limit_is_refused_before_it_is_read(tmp_path):
    large = tmp_path / "large.fits"
    with large.open("wb") as file:
        file.truncate(2**30)  # sparse: takes no room
    with pytest.raises(FormatError, match=r"large\.fits has 1,024 MB; files up to 512 MB are read"):
        read(large)


def test_a_gzip_bomb_is_stopped(monkeypatch):
    monkeypatch.setattr(source, "MAX_UNPACKED_BYTES", 2**20)
    with pytest.raises(FormatError, match="up to 1 MB are read"):
        read(gzip.compress(bytes(50 * 2**20)))


def test_an_npz_bomb_is_stopped_by_what_it_declares(monkeypatch):
    monkeypatch.setattr(source, "MAX_UNPACKED_BYTES", 2**20)
    stream = io.BytesIO()
    np.savez_compressed(stream, images=np.zeros((5, 1000, 1000)))
    with pytest.raises(FormatError, match="npz file unpacks to 38 MB"):
        read(stream.getvalue())


def test_a_compressed_fits_bomb_is_stopped(monkeypatch):
    header = fits.Header({"BANDS": "g"})
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(np.zeros((2000, 2000), np.float32), header)]).writeto(
        stream
    )
    monkeypatch.setattr(source, "MAX_UNPACKED_BYTES", 2**20)
    with pytest.raises(FormatError, match="unpacks to"):
        read(stream.getvalue())


def test_an_hdf5_dataset_that_declares_more_than_it_holds_is_stopped():
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file.create_dataset("spectrum_flux", shape=(10**9, 100), dtype="f4", chunks=(1, 100))
    with pytest.raises(FormatError, match="HDF5 file unpacks to"):
        read(stream.getvalue())


def test_hdf5_links_to_other_files_are_not_followed(tmp_path):
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["flux"] = np.ones(100)
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file["flux"] = h5py.ExternalLink(str(secret), "flux")
        file["wavelength"] = np.linspace(4000, 9000, 100)
    with pytest.raises(FormatError, match="wavelength"):
        read(stream.getvalue())


def test_a_votable_that_refers_to_other_files_is_refused():
    stream = b'<DATA><BINARY><STREAM href="file:///etc/passwd"/></BINARY></DATA>'
    votable = b'<?xml version="1.0"?><VOTABLE><RESOURCE><TABLE>' + stream + b"</TABLE></RESOURCE></VOTABLE>"
    with pytest.raises(FormatError, match="outside the file"):
        read(votable)
    entities = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><VOTABLE></VOTABLE>'
    with pytest.raises(FormatError, match="outside the file"):
        read(entities)


def test_pickles_inside_npz_and_npy_are_never_opened():
    class Bomb:
        def __reduce__(self):
            raise AssertionError("was unpickled")

    stream = io.BytesIO()
    np.save(stream, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(FormatError, match="Python objects, which are pickled"):
        read(stream.getvalue())
    with pytest.raises(FormatError, match="Python objects, which are pickled"):
        read(npz(flux=np.array([None, {"a": 1}], dtype=object)))


@pytest.mark.parametrize("shape", ["(1000000000000,)", "(-5,)", "(3, 99999999, 99999999)"])
def test_an_npy_header_that_claims_too_much_is_refused_without_reserving_it(shape):
    with pytest.raises(AIONError):
        read(npy_with_header(f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"))


def test_a_zip_that_is_no_npz_is_to_be_unpacked():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("spec.fits", b"SIMPLE")
    with pytest.raises(FormatError, match="zip archive, not an npz file; unpack it"):
        read(stream.getvalue())


def test_too_many_rows_are_refused(monkeypatch):
    monkeypatch.setattr(columns, "MAX_ROWS", 10)
    rows = "\n".join(["id,FLUX_G", *(f"{i},1.0" for i in range(20))])
    with pytest.raises(FormatError, match="up to 10 are read"):
        read(rows.encode())


def test_all_nan_is_no_spectrum_and_no_image():
    with pytest.raises(ModalityError, match="no finite flux"):
        read({"wavelength": np.linspace(4000, 9000, 500), "flux": np.full(500, np.nan)})
    with pytest.raises(ModalityError, match="no plane of the image can be used"):
        read(npz(images=np.full((3, 96, 96), np.nan), bands=np.array(["g", "r", "z"])))
    with pytest.raises(ModalityError, match="0 good pixels"):
        read({"wavelength": np.linspace(4000, 9000, 500), "flux": np.ones(500), "ivar": np.zeros(500)})


def test_a_fits_file_of_something_else_says_what_it_holds():
    stream = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.zeros((2, 3, 4, 5)), name="CUBE")]).writeto(stream)
    with pytest.raises(FormatError, match="CUBE"):
        read(stream.getvalue())
    stream = io.BytesIO()
    Table({"apples": [1, 2], "pears": [3, 4]}).write(stream, format="fits")
    with pytest.raises(FormatError, match="apples"):
        read(stream.getvalue())


def test_a_fits_file_that_ends_early_says_by_how_much(twins):
    data = (twins / "desi_coadd.fits").read_bytes()
    with pytest.raises(
        FormatError, match=r"ends early, in HDU \d+: [\d,]+ of at least [\d,]+ bytes; download it again"
    ):
        read(data[: len(data) * 7 // 10])
    with pytest.raises(FormatError, match=r"cut or damaged after HDU \d+; download it again"):
        read(data[: len(data) - 3000])


def test_a_desi_file_without_a_spectrum_in_any_row_says_so(twins):
    with fits.open(twins / "desi_coadd.fits") as hdus:
        for arm in "BRZ":
            hdus[f"{arm}_IVAR"].data[:] = 0
        stream = io.BytesIO()
        hdus.writeto(stream)
    with pytest.raises(ModalityError, match="0 good pixels"):
        read(stream.getvalue())


def test_targets_without_data_are_left_out_and_counted(twins):
    with fits.open(twins / "desi_coadd.fits") as hdus:
        for arm in "BRZ":
            hdus[f"{arm}_IVAR"].data[0] = 0
        stream = io.BytesIO()
        hdus.writeto(stream)
    (found,) = read(stream.getvalue())
    assert found.id == "39627652591521793"
    assert "1 of 2" in {entry.value for entry in found.reports[0].entries}


def test_a_broken_record_among_good_ones_is_counted(twins):
    content = json.loads((twins / "sparcl.json").read_bytes())
    content["records"][0]["flux"] = content["records"][0]["flux"][:10]
    (found,) = read(json.dumps(content).encode())
    assert ("rows", "1 of 2") in {(entry.what, entry.value) for entry in found.reports[0].entries}


def test_deep_json_is_refused():
    with pytest.raises(FormatError, match="JSON"):
        read(b'{"a":' * 100_000)


SPECTRUM = {"wavelength": np.linspace(4000, 9000, 500), "flux": np.ones(500)}


def as_csv(text: str = "", encoding: str = "utf-8", *, flux: str = "1.5") -> bytes:
    """A spectrum of 200 rows under a line of names."""
    return "\n".join([text or "wavelength,flux", *(f"{4000 + 20 * i},{flux}" for i in range(200))]).encode(
        encoding
    )


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-8-sig"])
def test_text_of_other_programs_is_read(encoding):
    (found,) = read(as_csv("wavelength (Å),flux", encoding))
    assert found.modalities[0].wavelength.shape[-1] == 200


@pytest.mark.parametrize("flux, shown", [("bad", "'bad'"), ('"1,5"', "'1,5'")])
def test_text_among_numbers_is_shown(flux, shown):
    with pytest.raises(
        FormatError,
        match=f"flux holds the text {shown}; numbers are expected, with a point before the decimals",
    ):
        read(as_csv(flux=flux))


def test_what_is_wrong_with_one_of_many_files_begins_with_its_name():
    nothing = io.BytesIO(np.random.default_rng(0).bytes(5000))
    nothing.name = "noise.fits"
    with pytest.raises(
        FormatError, match=r"^noise\.fits: these bytes are no known kind of file, and not text"
    ):
        read([SPECTRUM, nothing])


def test_a_text_of_too_many_rows_is_refused_before_it_is_taken_apart(monkeypatch):
    monkeypatch.setattr(columns, "MAX_ROWS", 150)
    monkeypatch.setattr(text_in, "_split", None)
    with pytest.raises(FormatError, match="200 rows; up to 150 are read"):
        read(as_csv())


def test_pixels_without_a_positive_uncertainty_are_named_as_the_reason():
    reason = "0 of its 500 pixels are good; all cover 4000 to 9000 Å, 100% are without a positive uncertainty"
    with pytest.raises(ModalityError, match=reason):
        read(SPECTRUM | {"ivar": np.full(500, -1.0)})


def test_a_fault_of_ours_is_logged_and_not_blamed_on_the_file(twins, monkeypatch, caplog):
    monkeypatch.setattr("aion.io.readers.sdss.build_spectrum", None)
    fault = "a fault of this program, not of what it was given .TypeError: 'NoneType' object is not callable"
    with pytest.raises(FaultError, match=fault):
        read(twins / "sdss_spec.fits")
    assert "Traceback" in caplog.text and "read_spec" in caplog.text


def test_reading_never_sets_the_warnings_of_the_whole_process_aside(twins, monkeypatch):
    """``warnings.catch_warnings`` puts back what it found: in threads what another one had set, for ever."""
    callers = set()
    enter = warnings.catch_warnings.__enter__

    def entered(catcher):
        callers.add(sys._getframe(1).f_globals["__name__"])
        return enter(catcher)

    monkeypatch.setattr(warnings.catch_warnings, "__enter__", entered)
    for name in (
        "sdss_spec.fits",
        "ls_cutout.fits.gz",
        "hsc_g.fits.gz",
        "photometry.vot",
        "photometry.ecsv",
        "cube.npz",
    ):
        assert read(twins / name)
    with warnings.catch_warnings():
        assert __name__ in callers, "the trap works"
    assert not [name for name in callers if name.startswith(("aion", "contextlib"))]


def test_a_table_of_positions_alone_says_where_they_can_be_looked_up():
    with pytest.raises(FormatError, match=r"rename the columns; positions alone .*aion fetch --list"):
        read(b"RA,DEC\n150.1,2.2\n150.2,2.3\n")
    stream = io.BytesIO()
    Table({"RA": [150.1, 150.2], "DEC": [2.2, 2.3]}).write(stream, format="fits")
    with pytest.raises(FormatError, match=r"specutils reads; positions alone .*Catalog page"):
        read(stream.getvalue())
    with pytest.raises(FormatError, match=r"rename the columns$"):
        read(b"name,mag\na,20.1\nb,20.2\n")
