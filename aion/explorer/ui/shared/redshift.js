// See figure.py. Tells the figures of the page where z is: as the server says, and before it knows, as a slider says that a hand is on.
const SPEED_OF_LIGHT = 299792.458 // km/s

export default function ({ data, parentElement }) {
  const own = (parentElement.own ??= {})
  own.data = data
  say(data.z)
  own.sliders?.disconnect()
  own.sliders = new MutationObserver((changes) => follow(own.data, changes))
  own.sliders.observe(document.querySelector(`.st-key-${data.controls}`), { subtree: true, attributeFilter: ["aria-valuetext"] })
  return () => own.sliders.disconnect()
}

function say(z) {
  globalThis.aionRedshift = z
  dispatchEvent(new CustomEvent("aion:redshift"))
}

function follow({ anchor, coarse }, changes) {
  const slider = changes.map((change) => change.target).find((target) => target.matches("input:focus"))
  if (!slider) return
  const value = Number(slider.value)
  say(slider.closest(`.st-key-${coarse}`) ? value : anchor + ((1 + anchor) * value) / SPEED_OF_LIGHT)
}
