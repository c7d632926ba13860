// See hover.py. `data`: keys of the plots, and the address of the file of all cards; null until it was asked for.
const REST = 60 // ms that a pointer rests on a point before its card is fetched
const AWAY = 16 // pixels between pointer and card

export default function ({ data, parentElement, setStateValue }) {
  const own = (parentElement.hover ??= { card: parentElement.querySelector(".card"), plots: new Set() })
  Object.assign(own, { data, ask: () => setStateValue("asked", true) })
  if (own.sheet?.address !== data.sheet) own.sheet = data.sheet && { address: data.sheet, cards: new Map() }
  if (own.sheet && own.point) show(own, own.point)
  own.timer ??= setInterval(() => attend(own), 200) // Streamlit puts another figure in its place without a word
  return () => {
    clearInterval(own.timer)
    own.timer = null
    leave(own)
  }
}

function attend(own) {
  if (own.plot && !own.plot.isConnected) leave(own)
  for (const key of own.data.plots) {
    const plot = document.querySelector(`.st-key-${key} .js-plotly-plot`)
    if (!plot?.on || own.plots.has(plot)) continue
    own.plots.add(plot)
    plot.on("plotly_hover", ({ points: [{ text }], event }) => {
      leave(own)
      own.plot = plot
      own.point = { id: text, x: event.clientX, y: event.clientY }
      own.waiting = setTimeout(show, REST, own, own.point)
    })
    plot.on("plotly_unhover", () => leave(own))
  }
  own.plots.forEach((plot) => plot.isConnected || own.plots.delete(plot))
}

function leave(own) {
  clearTimeout(own.waiting)
  own.point = null
  if (own.card.matches(":popover-open")) own.card.hidePopover()
  own.plot?._fullLayout?._hoverlayer?.style("display", null)
}

async function show(own, point) {
  if (!own.sheet) return own.ask()
  const found = await (own.sheet.cards.get(point.id) ?? kept(own.sheet, point.id))
  if (own.point !== point || !found) return
  fill(own.card, point.id, found)
  own.plot._fullLayout._hoverlayer.style("display", "none") // the card says it all
  if (!own.card.matches(":popover-open")) own.card.showPopover()
  place(own.card, point)
}

function kept(sheet, id) {
  const card = fetched(sheet, id).catch(() => sheet.cards.delete(id) && null) // the label of the plot stays
  sheet.cards.set(id, card)
  return card
}

async function fetched(sheet, id) {
  const { start, rows, ends } = await (sheet.head ??= head(sheet))
  const row = rows.get(id)
  if (row === undefined) return null
  const bytes = await range(sheet, start + (row ? ends[row - 1] : 0), start + ends[row])
  const line = bytes.indexOf(10)
  const about = JSON.parse(new TextDecoder().decode(bytes.subarray(0, line)))
  return { ...about, picture: line + 1 < bytes.length ? URL.createObjectURL(new Blob([bytes.subarray(line + 1)])) : null }
}

async function head(sheet) {
  const size = new DataView((await range(sheet, 0, 4)).buffer).getUint32(0, true)
  const { ids, ends } = JSON.parse(new TextDecoder().decode(await range(sheet, 4, 4 + size)))
  return { start: 4 + size, rows: new Map(ids.map((id, row) => [id, row])), ends }
}

async function range({ address }, start, end) {
  const answer = await fetch(new URL(`.${address}`, location), { headers: { Range: `bytes=${start}-${end - 1}` } })
  if (answer.status !== 206) throw new Error(`the cards cannot be read: ${answer.status}`)
  return new Uint8Array(await answer.arrayBuffer())
}

function fill(card, id, { lines, spectrum, picture }) {
  const image = card.querySelector("img"), drawn = card.querySelector("svg")
  image.hidden = !picture
  if (picture) image.src = picture
  image.alt = picture ? `Image of ${id}` : ""
  drawn.toggleAttribute("hidden", !spectrum)
  if (spectrum) drawn.firstElementChild.setAttribute("d", path(atob(spectrum)))
  card.querySelector("p").textContent = [id, ...lines].join("\n")
}

// Gaps stay gaps.
function path(levels) {
  let drawn = ""
  for (let i = 0, gap = true; i < levels.length; i += 1) {
    const level = levels.charCodeAt(i)
    if (level) drawn += `${gap ? "M" : "L"}${((160 * i) / (levels.length - 1)).toFixed(1)} ${(43 - (42 * level) / 255).toFixed(1)}`
    gap = !level
  }
  return drawn
}

// Right of the pointer and below it, or on the other side where the window ends.
function place(card, { x, y }) {
  const { offsetWidth: width, offsetHeight: height } = card
  card.style.left = `${x + AWAY + width < innerWidth ? x + AWAY : Math.max(x - AWAY - width, 0)}px`
  card.style.top = `${Math.max(Math.min(y + AWAY, innerHeight - height - 4), 0)}px`
}
