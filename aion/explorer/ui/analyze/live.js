// See live.py. `data`: shapes and annotations that stand at redshift z over the figure with a key; z is null where they never move.
const SPEED_OF_LIGHT = 299792.458 // km/s
const ROWS = 3, ROW_HEIGHT = 15, LETTER = 6.2, GAP = 5 // pixels, of names above the figure

export default function ({ data, parentElement }) {
  const own = (parentElement.live ??= { version: 0 })
  own.data = data
  own.version += 1
  attend(own)
  own.timer ??= setInterval(() => attend(own), 100) // Streamlit puts another figure in its place without a word
  return () => {
    clearInterval(own.timer)
    own.timer = null
  }
}

function attend(own) {
  const plot = document.querySelector(`.st-key-${own.data.figure} .js-plotly-plot`)
  if (!plot?.on || !plot._fullLayout?._modeBar) return
  if (plot !== own.plot) {
    own.plot = plot
    plot.on("plotly_afterplot", () => show(own))
    plot.on("plotly_relayout", (change) => zoomed(own, change))
    if (own.range) relayout(plot, "xaxis.range", own.range)
  }
  const controls = document.querySelector(`.st-key-${own.data.controls}`)
  if (controls && controls !== own.controls) {
    own.controls = controls
    new MutationObserver((changes) => follow(own, changes)).observe(controls, { subtree: true, attributeFilter: ["aria-valuetext"] })
  }
  show(own)
  mend(own)
}

// The marks of the server's last answer, unless the figure has them.
function show(own) {
  if (own.plot.layout.version !== own.version) draw(own)
}

// A change of size while the marks were drawn can leave the names out.
function mend({ plot }) {
  const names = plot.layout.annotations ?? []
  const missing = (one, index) => one.follows && !plot.querySelector(`.annotation[data-index="${index}"]`)
  if (!plot._dragging && names.some(missing)) relayout(plot, "annotations", [...names])
}

// A slider that a hand is on says where z is before the server knows.
function follow(own, changes) {
  const slider = changes.map((change) => change.target).find((target) => target.matches("input:focus"))
  if (!slider || own.data.z === null || !own.plot?.isConnected) return
  const value = Number(slider.value), { anchor, coarse } = own.data
  slide(own, slider.closest(`.st-key-${coarse}`) ? value : anchor + ((1 + anchor) * value) / SPEED_OF_LIGHT)
}

// What is drawn moves as it is: a relayout would draw the data again, too. The next one, with the server's answer, ends it.
function slide({ plot, data }, z) {
  const { xaxis } = plot._fullLayout, stretch = (1 + z) / (1 + data.z)
  const move = (list, kind, place) =>
    (list ?? []).forEach((one, index) => {
      const drawn = one.follows && plot.querySelector(`${kind}[data-index="${index}"]`), x = one[place]
      if (drawn) drawn.style.transform = `translate(${xaxis.d2p(data.origin + (x - data.origin) * stretch) - xaxis.d2p(x)}px)`
    })
  move(plot.layout.shapes, ".shapelayer path", "x0")
  move(plot.layout.annotations, ".annotation", "x")
}

function zoomed(own, change) {
  const low = change["xaxis.range[0]"] ?? change["xaxis.range"]?.[0], high = change["xaxis.range[1]"] ?? change["xaxis.range"]?.[1]
  if (low !== undefined && high !== undefined) own.range = [low, high]
  else if (change["xaxis.autorange"] || change["xaxis.showspikes"] === false) own.range = null
  else return
  draw(own)
}

function draw({ plot, data, version }) {
  const others = (list) => (list ?? []).filter((one) => !one.follows), marked = (one) => ({ ...one, follows: true })
  plot.layout.version = version
  plot.layout.annotations = [...others(plot.layout.annotations), ...placed(plot, data.annotations.map(marked))]
  relayout(plot, "shapes", [...others(plot.layout.shapes), ...data.shapes.map(marked)]) // draws the names, too
}

// Names in the first row in which they cover no other; without one, none.
function placed(plot, names) {
  const { xaxis } = plot._fullLayout, ends = Array(ROWS).fill(-Infinity)
  return names.sort((a, b) => a.x - b.x).flatMap((name) => {
    const middle = xaxis.d2p(name.x), half = (LETTER * name.text.length) / 2
    const row = ends.findIndex((end) => middle - half >= end + GAP)
    if (middle < 0 || middle > xaxis._length || row < 0) return []
    ends[row] = middle + half
    return [{ ...name, yshift: 2 + ROW_HEIGHT * row }]
  })
}

// Plotly is not reachable from here, but the buttons above a figure are, and what they do is a relayout with what they carry.
function relayout(plot, attribute, value) {
  const carried = { "data-attr": attribute, "data-val": value }
  const button = plot._fullLayout._modeBar.buttons.flat().find((one) => one.attr === "dragmode")
  button?.click(plot, { currentTarget: { getAttribute: (name) => carried[name] } })
}
