"""How the tests of the fake archive ask it: with requests, as anybody would."""

from io import BytesIO
from typing import Any

import requests
from astropy.io import fits

from tests.sky.fake_archive import FakeArchive


def ask(archive: FakeArchive, service: str, path: str, **params: Any) -> requests.Response:
    return requests.get(f"{archive.base_urls[service]}/{path}", params=params, timeout=20)


def opened(answer: requests.Response) -> fits.HDUList:
    """A FITS answer."""
    assert answer.status_code == 200, answer.text[:200]
    assert answer.content.startswith(b"SIMPLE  =")
    return fits.open(BytesIO(answer.content))
