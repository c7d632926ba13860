"""What `as_text` makes of a text is shown by Streamlit as that text:
nothing is set in bold, drawn, linked or run."""

import os
import socket
import subprocess
import sys

import pytest

from tests.browser.conftest import CHROMIUM, browsing, wait_for_server

pytestmark = pytest.mark.browser

TEXTS = (
    "sdss_spec.fits",
    "<script>alert(1)</script> <b>x</b> <http://q.r>",
    "[x](javascript:alert(1)) ![i](http://a.b/c.png) [^1]",
    "**b** __c__ a_b_ _d *e* ~~s~~",
    r"$x$ and $$y$$ \(z\) \\ \* \a",
    "`c` ``d``",
    ":material/home: :material_home: :smile: :+1: :100: :streamlit:",
    ":red[hi] :blue-badge[x] :color[x]{foreground=red} :red{a=b} ::red[x]",
    "12:30:45 RA: x",
    "a -> b <- c <-> d -- e >= f <= g ~= h",
    "http://x.yz/a www.abc.de me@bcd.ef",
    "1. one",
    "1999) two",
    "- a",
    "# h",
    "> q",
    "--- x",
    "&lt; &#60; &copy;",
)
APP = """
import streamlit as st
from aion.plain_text import as_text
from tests.browser.test_plain_text import TEXTS
for number, text in enumerate(TEXTS):
    with st.container(key=f"text-{number}"):
        st.markdown(as_text(text))
        st.error(as_text(text))
        st.title(as_text(text), anchor=False)
        st.button(as_text(text), key=f"button-{number}")
        st.markdown(f"- {as_text(text)}")
"""
TAGS = (
    "<a ",
    "<em",
    "<strong",
    "<img",
    "katex",
    "<code",
    "<ol",
    "<h2",
    "<blockquote",
    "<del",
    "<script",
    "<hr",
)


def test_every_text_is_shown_letter_by_letter(root, tmp_path):
    if CHROMIUM is None:
        pytest.skip("no Chromium here (Debian: apt-get install chromium)")
    (tmp_path / "app.py").write_text(APP)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(tmp_path / "app.py"),
        f"--server.port={port}",
        "--server.headless=true",
    ]
    server = subprocess.Popen(
        command, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, stdout=subprocess.DEVNULL
    )
    try:
        wait_for_server(f"http://127.0.0.1:{port}/_stcore/health", server)
        with browsing(f"http://127.0.0.1:{port}") as page:
            page.goto(f"http://127.0.0.1:{port}")
            for number, text in enumerate(TEXTS):
                box = page.locator(f".st-key-text-{number}")
                for part in ("[data-testid=stAlertContainer]", "h1", "button", "li"):
                    box.locator(part).wait_for()
                shown = box.inner_text().replace("\u2060", "").split("\n")
                assert [line for line in shown if line.strip()] == [text] * 5
                assert not [tag for tag in TAGS if tag in box.inner_html()], text
    finally:
        server.terminate()
        server.wait(timeout=20)
