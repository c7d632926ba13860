"""Whether an answer is a whole FITS file. Knows no service."""

from io import BytesIO

from astropy.io import fits


def fits_problem(data: bytes) -> str | None:
    """What is wrong with bytes that should be a whole FITS file."""
    if not data.startswith(b"SIMPLE  ="):
        page = data[:200].lstrip().lower()
        if page.startswith((b"<!doctype", b"<html")):
            return "sent a web page where FITS was asked for; try again later"
        words = " ".join(data[:100].decode("latin-1").split())
        return f"sent no FITS: {words}" if words else "sent nothing"
    try:
        with fits.open(BytesIO(data)) as hdus:
            last = hdus.fileinfo(len(hdus) - 1)
            is_whole = last["datLoc"] + last["datSpan"] == len(data)  # an HDU that is cut is left out
    except (OSError, ValueError, TypeError):
        is_whole = False
    return None if is_whole else "sent FITS that ends too early; try again"
