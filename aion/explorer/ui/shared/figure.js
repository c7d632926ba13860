// See figure.py. `data`: figure, Plotly's JSON as text, or none where Plotly is only to be loaded; marks, which stand at redshift 0; selected, for each trace which points are.
const KEPT = 12 // figures that stay alive while other pages are looked at
const ROWS = 3, ROW_HEIGHT = 15, LETTER = 6.2, GAP = 5 // pixels, of labels above a figure
const BUTTONS = ["toImage", "autoScale2d", "zoomIn2d", "zoomOut2d"] // Plotly's own, left out
const FULL = "M0 0h300v120H120v180H0zM700 0h300v300H880V120H700zM0 700h120v180h180v120H0zM880 700h120v300H700V880h180z"
const plots = new Map() // key -> a figure; the one looked at last is the last

addEventListener("aion:redshift", () => plots.forEach(mark))

export default function ({ data, parentElement, setTriggerValue }) {
  if (!data.figure) return void loaded(data.plotly)
  const place = parentElement.firstElementChild, plot = taken(data.key)
  Object.assign(plot, { data, tell: setTriggerValue })
  plot.box.setAttribute("aria-label", data.alt)
  place.style.minHeight = `${data.height}px`
  if (plot.box.parentElement !== place) place.replaceChildren(plot.box)
  next(plot, draw)
}

function taken(key) {
  const plot = plots.get(key) ?? made()
  plots.delete(key)
  plots.set(key, plot)
  const away = [...plots].filter(([, { box }]) => !box.isConnected && box !== plot.box)
  for (const [other, { box }] of away.slice(0, Math.max(plots.size - KEPT, 0))) {
    if (plots.get(other).drawn) Plotly.purge(box)
    plots.delete(other)
  }
  return plot
}

function made() {
  const box = document.createElement("div"), plot = { box, turn: Promise.resolve() }
  box.setAttribute("role", "figure")
  new ResizeObserver(() => next(plot, resize)).observe(box)
  box.onfullscreenchange = () => Plotly.relayout(box, { height: document.fullscreenElement ? innerHeight : plot.data.height })
  return plot
}

// What is done to a figure is done one after the other.
function next(plot, act) {
  plot.turn = plot.turn.then(() => act(plot)).catch((problem) => console.error(problem))
}

// Once a page. What the browser has of this version it takes, without asking the server whether that is still good.
function loaded(address) {
  return (globalThis.aionPlotly ??= fetch(new URL(address, document.baseURI), { cache: "force-cache" }).then(async (answer) => {
    if (!answer.ok) throw new Error(`there is no Plotly at ${answer.url}`)
    const script = document.createElement("script")
    script.src = URL.createObjectURL(await answer.blob())
    await new Promise((done) => document.head.append(Object.assign(script, { onload: done })))
  }))
}

async function draw(plot) {
  const { box, data } = plot
  await loaded(data.plotly)
  if (!box.clientWidth) return // not seen; it is drawn when it gets a width
  if (plot.figure !== data.figure || plot.view !== data.view) {
    const { data: traces, layout, frames } = JSON.parse(data.figure), width = box.clientWidth
    if (data.selected) traces.forEach((trace, i) => (trace.selectedpoints = data.selected[i]))
    Object.assign(plot, { figure: data.figure, view: data.view, width, own: layout.shapes ?? [] })
    plot.shapes = marked(plot)
    plot.config ??= config(plot)
    const whole = { ...layout, shapes: plot.shapes, width, uirevision: data.view }
    await Plotly.react(box, { data: traces, layout: whole, frames, config: plot.config })
    if (!plot.drawn) listen(plot)
    plot.drawn = true
  }
  await select(plot)
  await mark(plot)
}

async function resize(plot) {
  const { clientWidth: width } = plot.box
  if (!width || width === plot.width) return
  if (!plot.drawn) return draw(plot)
  plot.width = width
  await Plotly.relayout(plot.box, { width })
}

function config(plot) {
  const { selectable } = plot.data
  const others = selectable ? { scrollZoom: true, plotGlPixelRatio: 1 } : {} // points are drawn once, not four times and shrunk
  const save = () => Plotly.downloadImage(plot.box, plot.data.camera)
  const grow = () => (document.fullscreenElement ? document.exitFullscreen() : plot.box.requestFullscreen())
  const camera = { name: "camera", title: "Download plot", icon: Plotly.Icons.camera, click: save }
  const full = { name: "full", title: "Fullscreen", icon: { width: 1000, height: 1000, path: FULL }, click: grow }
  const left = selectable ? BUTTONS : [...BUTTONS, "select2d", "lasso2d"]
  return { displaylogo: false, showSendToCloud: false, modeBarButtonsToRemove: left, modeBarButtonsToAdd: [camera, full], ...others }
}

function listen(plot) {
  const { box } = plot
  box.on("plotly_relayout", () => mark(plot))
  box.on("plotly_click", ({ points }) => {
    const [behind] = points.map((point) => point.customdata).filter((value) => value !== undefined)
    if (plot.data.reports && behind !== undefined) plot.tell("clicked", typeof behind === "object" ? behind[0] : behind)
  })
  if (plot.data.zooms) box.on("plotly_relayout", (change) => zoomed(plot, change))
  if (!plot.data.selectable) return
  const selected = (points) => (points.length || plot.data.selected) && plot.tell("selected", points.map((point) => point.customdata))
  box.on("plotly_selected", (event) => event && selected(event.points))
  box.on("plotly_deselect", () => selected([]))
  const point = (detail) => dispatchEvent(new CustomEvent("aion:point", { detail }))
  box.on("plotly_hover", ({ points: [{ customdata: row }], event: { clientX: x, clientY: y } }) => point({ row, x, y }))
  box.on("plotly_unhover", () => point(null))
}

// Where a hand has come to rest after zooming; nothing for the whole. Other changes of the layout are no zoom.
function zoomed(plot, change) {
  if (!Object.keys(change).some((name) => /^[xy]axis\.(range|autorange)/.test(name))) return
  clearTimeout(plot.zoom)
  plot.zoom = setTimeout(() => {
    const { xaxis, yaxis } = plot.box.layout
    plot.tell("zoomed", change["xaxis.autorange"] ? null : [[...xaxis.range], [...yaxis.range]])
  }, 250)
}

// What is selected on the server, unless the figure has it.
async function select({ box, data: { selected } }) {
  if (selected === undefined) return
  const now = box.data.map((trace) => trace.selectedpoints ?? null), wanted = selected ?? now.map(() => null)
  if (JSON.stringify(now) === JSON.stringify(wanted)) return
  await Plotly.update(box, { selectedpoints: wanted }, selected ? {} : { selections: [] })
}

// A relayout of all shapes, and of nothing else, draws no data anew.
async function mark(plot) {
  const { box, data, drawn } = plot
  if (!data.marks || !drawn || !box.isConnected) return
  const shapes = marked(plot)
  if (JSON.stringify(shapes) === JSON.stringify(plot.shapes)) return
  plot.shapes = shapes
  await Plotly.relayout(box, { shapes })
}

// The shapes of the figure itself, and the marks where they stand now.
function marked({ box, own, data: { marks } }) {
  if (!marks) return own
  const stretch = marks.follows ? 1 + (globalThis.aionRedshift ?? 0) : 1
  const moved = marks.shapes.map((shape) => ({ ...shape, x: marks.origin + (shape.x0 - marks.origin) * stretch }))
  const at = ({ label, x, ...shape }) => ({ ...shape, x0: x, x1: x })
  return [...own, ...moved.map(at), ...labels(box, moved).map((one) => ({ ...at(one), line: { width: 0 }, opacity: 1, label: one.label }))]
}

// Each label whole and in the first row in which it covers no other; without one, none. Equal ones that lie close are one, in their middle.
function labels(box, marks) {
  const area = box.querySelector(".nsewdrag"), range = box.layout?.xaxis.range
  if (!area || !range) return []
  const width = Number(area.getAttribute("width")), scale = (range[1] - range[0]) / width, pixel = (x) => (x - range[0]) / scale
  const groups = []
  for (const mark of marks.filter(({ label, x }) => label && pixel(x) >= 0 && pixel(x) <= width)) {
    const { text } = mark.label, half = (LETTER * text.length) / 2
    const same = groups.find((group) => group.mark.label.text === text && (mark.x - group.places.at(-1)) / scale < 2 * half + GAP)
    if (same) same.places.push(mark.x)
    else groups.push({ mark, half, places: [mark.x] })
  }
  for (const group of groups) {
    const middle = pixel(group.places.reduce((sum, x) => sum + x) / group.places.length)
    group.middle = Math.min(Math.max(middle, group.half), width - group.half)
  }
  const ends = Array(ROWS).fill(-Infinity)
  return groups.sort((a, b) => a.middle - b.middle).flatMap(({ mark, middle, half }) => {
    const row = ends.findIndex((end) => middle - half >= end + GAP)
    if (row < 0) return []
    ends[row] = middle + half
    return [{ ...mark, x: range[0] + middle * scale, label: { ...mark.label, padding: mark.label.padding + ROW_HEIGHT * row } }]
  })
}
