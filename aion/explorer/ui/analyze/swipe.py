"""One picture over the other with a divider that is dragged or moved by arrow keys, all in the browser."""

from typing import Any

import streamlit as st

_HTML = """
<div class="stage" role="group">
  <img class="under"><img class="over">
  <span class="name left"></span><span class="name right"></span>
  <input type="range" min="0" max="100" step="1" value="50"><div class="divider"></div>
</div>
"""
_CSS = """
.stage { position: relative; width: min(100%, 30rem); aspect-ratio: 1; overflow: hidden;
  border-radius: 0.5rem; }
.stage > * { position: absolute; }
img { inset: 0; width: 100%; height: 100%; image-rendering: pixelated; }
.over { clip-path: inset(0 0 0 var(--at, 50%)); }
.name { top: 0.5rem; padding: 0.1rem 0.5rem; border-radius: 0.3rem; background: rgb(0 0 0 / 55%); color: #fff;
  font-size: 0.85rem; }
.left { left: 0.5rem; } .right { right: 0.5rem; }
input { inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: ew-resize;
  touch-action: pan-y; appearance: none; }
input::-webkit-slider-thumb { appearance: none; width: 2px; height: 100%; }
input::-moz-range-thumb { width: 2px; height: 100%; border: 0; }
.divider { top: 0; bottom: 0; left: var(--at, 50%); width: 2px; margin-left: -1px; background: #fff;
  pointer-events: none; box-shadow: 0 0 4px rgb(0 0 0 / 80%); }
.divider::after { content: "◂▸"; position: absolute; top: 50%; left: 50%; translate: -50% -50%;
  padding: 0.45rem; border-radius: 2rem; background: #fff; color: #222;
  font-size: 0.9rem; line-height: 1; white-space: nowrap; }
input:focus-visible + .divider::after { outline: 3px solid var(--st-primary-color); outline-offset: 2px; }
"""
_JS = """
export default function ({ data, parentElement }) {
  const find = (name) => parentElement.querySelector(name)
  const stage = find(".stage"), slider = find("input")
  for (const [at, side] of [["under", "left"], ["over", "right"]]) {
    const picture = find(`img.${at}`)
    picture.src = data[side].url
    picture.alt = data[side].alt
    find(`.name.${side}`).textContent = data[side].name
  }
  const [left, right] = [data.left.name, data.right.name]
  stage.setAttribute("aria-label", `${left} and ${right} in one place`)
  slider.setAttribute("aria-label", `Divider between ${left} and ${right}; the arrow keys move it`)
  const show = () => {
    stage.style.setProperty("--at", `${slider.value}%`)
    slider.setAttribute("aria-valuetext", `${slider.value} % ${left}, ${100 - slider.value} % ${right}`)
  }
  slider.oninput = show
  show()
}
"""


def swipe(left: tuple[str, str], right: tuple[str, str], *, alt: str, key: str) -> None:
    """Two square pictures of the same field.

    Args:
        left, right: name and data URL; the left one is seen left of the divider.
        alt: What is on both, for those who do not see it.
    """
    sides = {
        side: {"name": name, "url": url, "alt": f"{alt}: {name}"}
        for side, (name, url) in (("left", left), ("right", right))
    }
    _component()(key=key, data=sides)


@st.cache_resource(show_spinner=False)
def _component() -> Any:
    return st.components.v2.component("aion_swipe", html=_HTML, css=_CSS, js=_JS)
