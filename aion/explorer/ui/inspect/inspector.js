// See inspector.py; drawing.js and keeping.js come before this. The browser owns what is on the screen: keys act at once, on what was fetched
// ahead, and what they decide is told to the server behind them. It stays in localStorage until the server says that it is kept.
const PAUSE = 400 // ms after typing a comment
const STEP = 30, LEAP = 300 // km/s of z for one key
const SMOOTHING = [1, 3, 5, 9, 15]
const benches = new Map() // queue and person -> what they see
let bench = null // the one on the page

const KEYS = [
  ["Move", [["n", "next"], ["b", "previous"], ["f", "first one without a quality"]]],
  ["Redshift", [["a", "accept z"], ["o ]", "next peak of p(z), and then what others said of a disagreement"], ["i [", "previous one"], ["z", "type a redshift"], [". ,", "z up or down by 30 km/s"], ["> <", "by 300 km/s"]]],
  ["Line under the cursor", [["← →", "move the cursor, with Shift farther"], ["k j", "cursor to the next or previous feature"], ["l", "say which line it is: z follows"]]],
  ["Quality", [["4", ""], ["3", ""], ["2", ""], ["1", ""], ["0", ""]]],
  ["Class", [["g", "galaxy"], ["q", "quasar"], ["s", "star"]]],
  ["Flags", [["R", ""], ["C", ""], ["S", ""]]],
  ["Say", [["c", "comment; Enter or Esc comes back"], ["u", "undo, also across objects"]]],
  ["View", [["x", "zoom in around the cursor"], ["X", "zoom out"], ["r", "the whole spectrum"], ["w", "smooth more, then not"], ["d", "decoded spectrum on or off"], ["m", "minor lines on or off"], ["t", "cut tall lines, or not"], ["v", "another spectrum of the object"]]],
  ["Help", [["?", "these keys"], ["Esc", "close"]]],
]

export default function ({ data, parentElement, setTriggerValue }) {
  const place = parentElement.querySelector(".aion-inspect-place"), name = `${data.queue}/${data.person}`
  const isNew = !benches.has(name)
  if (isNew) benches.set(name, opened(data))
  bench = benches.get(name)
  Object.assign(bench, { data, tell: (report) => setTriggerValue("report", report) })
  if (bench.address !== data.screens) Object.assign(bench, { address: data.screens, screens: new Map() })
  if (bench.root.parentElement !== place) place.replaceChildren(bench.root)
  for (const [name, color] of Object.entries(data.colors)) bench.root.style.setProperty(`--${name}`, color)
  settle(bench)
  const isElsewhere = !data.order.includes(bench.place) // after a filter
  if (isElsewhere) bench.place = data.order.includes(data.start) ? data.start : data.order[0]
  if (isNew) {
    bench.watch = new ResizeObserver(() => draw(bench))
    bench.watch.observe(bench.root)
    show(bench)
    focusBench(bench) // keys are for it from the first one on
  } else if (isElsewhere) show(bench)
  else {
    paint(bench)
    draw(bench) // another theme or line
  }
  fetchAhead(bench)
  const mine = bench
  return () => { if (bench === mine && !mine.root.isConnected) bench = null }
}

function told({ decisions }) {
  return new Map(Object.entries(decisions).map(([place, decision]) => [Number(place), decision]))
}

function opened(data) {
  const decisions = told(data), undo = [...data.undo]
  const unsaved = new Map()
  for (const key of Object.keys(localStorage).filter((key) => key.startsWith(`${STORED}/${data.queue}/${data.person}/`)).sort()) {
    const entry = JSON.parse(localStorage.getItem(key))
    unsaved.set(entry.key, entry)
    if (entry.undoes) undo.pop()
    else undo.push({ key: entry.key, place: entry.place, before: decisionAt({ decisions }, entry.place) })
    decisions.set(entry.place, entry.decision)
  }
  const root = document.createElement("div")
  root.className = "aion-inspect"
  root.tabIndex = -1
  root.innerHTML = BODY
  const one = { root, data, decisions, unsaved, place: data.start, screens: new Map(), undo, number: 0, tab: Date.now().toString(36) + Math.random().toString(36).slice(2, 8), view: { smoothing: 1, decoded: true, minor: false, cut: false } }
  listen(one)
  return one
}

const BODY = `<div class="top"><div class="progress"><i></i></div><span class="count"></span><span class="saved" role="status"></span><button data-key="b" title="Previous (b)">‹</button><button data-key="n" title="Next (n)">›</button><button data-key="?" title="Keys (?)">?</button></div>
<div class="plots"><div class="problem" role="alert"></div><canvas class="spectrum" role="img"></canvas><canvas class="density" role="img"></canvas></div>
<aside><h3 class="id"></h3><p class="facts"></p><p class="z"><b></b><input inputmode="decimal" aria-label="Redshift" hidden><span class="accepted"></span></p>
<ol class="peaks"></ol><div class="choice quality"></div><div class="choice kind"></div><div class="choice issues"></div>
<input class="comment" placeholder="Comment (c)" aria-label="Comment" maxlength="500"><div class="pictures"></div><table class="neighbors"></table><div class="said"></div></aside>
<div class="over chooser" role="dialog" hidden></div><div class="over keys" role="dialog" hidden></div>`

function part(one, name) {
  return one.root.querySelector(name)
}

function element(tag, text, props = {}) {
  return Object.assign(document.createElement(tag), { textContent: text, ...props })
}

// A new object on the screen.
function show(one) {
  const screen = one.screens.get(one.place), decision = decisionAt(one)
  one.z = decision.z ?? screen?.z ?? 0
  one.peak = screen?.peaks ? Math.max(screen.peaks.findIndex((peak) => Math.abs(peak.z - one.z) < 1e-9), 0) : 0
  Object.assign(one, { range: null, cursor: null, shownSpectrum: 0 })
  part(one, ".comment").value = decision.comment
  closeOver(one)
  paint(one)
  draw(one)
}

function spectrumOf(one) {
  return one.screens.get(one.place)?.spectra?.[one.shownSpectrum]
}

function whole({ wavelength }) {
  return [wavelength[0], wavelength[wavelength.length - 1]]
}

function draw(one) {
  const screen = one.screens.get(one.place), { data: { colors, lines, atmosphere }, view } = one, spectrum = spectrumOf(one)
  const canvas = part(one, ".spectrum"), density = part(one, ".density")
  if (!canvas.clientWidth) return
  canvas.hidden = !!screen?.problem
  if (spectrum) {
    one.range ??= whole(spectrum)
    one.drawn = { ...view, colors, lines, atmosphere, spectrum, range: one.range, z: one.z, cursor: one.cursor, smooth: view.smoothing > 1 ? smoothed(spectrum.flux, spectrum.sigma, view.smoothing) : null }
    drawSpectrum(canvas, one.drawn)
  } else canvasOf(canvas, canvas.clientHeight)
  if (!screen?.edges) return void canvasOf(density, density.clientHeight)
  one.drawnDensity = { colors, edges: screen.edges, density: screen.density, peaks: screen.peaks, neighbors: screen.neighbors, zCatalog: screen.z_catalog, z: one.z }
  drawDensity(density, one.drawnDensity)
}

// All but the plots.
function paint(one) {
  const { data, place } = one, { order } = data, screen = one.screens.get(place), decision = decisionAt(one)
  const done = order.filter((at) => decisionAt(one, at).quality !== null).length
  part(one, ".count").textContent = `${order.indexOf(place) + 1} of ${order.length}${order.length < data.ids.length ? ` (filtered from ${data.ids.length})` : ""} · ${done} done, ${order.length - done} remaining`
  part(one, ".progress i").style.width = `${(100 * done) / Math.max(order.length, 1)}%`
  part(one, ".saved").textContent = one.unsaved.size ? "Saving" : "Saved"
  part(one, ".id").textContent = data.ids[place]
  part(one, ".problem").textContent = screen?.problem ?? (screen ? (spectrumOf(one) ? "" : "This object has no spectrum.") : "The model is reading this object.")
  part(one, ".facts").textContent = !screen ? "" : [screen.kind, screen.z_catalog === null ? "" : `catalog z ${screen.z_catalog.toFixed(5)}`, screen.snr === null ? "" : `S/N ${screen.snr.toFixed(1)}`.replace("-", "−"), spectrumOf(one)?.survey ?? ""].filter(Boolean).join(" · ")
  const shownPeak = screen?.peaks?.findIndex((peak) => Math.abs(peak.z - one.z) < 1e-9) ?? -1
  part(one, ".z b").textContent = `z ${one.z.toFixed(5)}`.replace("-", "−")
  const isAccepted = decision.z !== null && Math.abs(decision.z - one.z) < 1e-9
  part(one, ".accepted").textContent = decision.z === null ? "not accepted (a)" : isAccepted ? "accepted" : `accepted: ${decision.z.toFixed(5)}`
  part(one, ".accepted").classList.toggle("yes", isAccepted)
  part(one, ".peaks").replaceChildren(...(screen?.peaks ?? []).map((peak, i) => {
    const row = element("li", "", { className: i === shownPeak ? "on" : "" }), button = element("button", peak.exact ? peak.text : `${peak.z.toFixed(4)}`, { title: peak.text, onclick: () => takePeak(one, i) })
    row.append(button, element("span", `${(100 * peak.probability).toFixed(0)} %`), element("span", peak.predicted ? `${peak.found}/${peak.predicted} lines` : "", { title: "lines that it predicts, found with S/N of 3 or more" }))
    return row
  }))
  const choice = (name, entries, isOn) => part(one, name).replaceChildren(...entries.map(([key, text, title]) => element("button", text, { title, className: isOn(key, text) ? "on" : "", onclick: () => press(one, key) })))
  choice(".quality", ["4", "3", "2", "1", "0"].map((key) => [key, key, data.qualities[key]]), (key) => decision.quality === Number(key))
  choice(".kind", data.kinds.map((kind) => [kind[0].toLowerCase(), kind, `Key ${kind[0].toLowerCase()}`]), (_, kind) => decision.kind === kind)
  choice(".issues", Object.entries(data.issues).map(([letter, text]) => [letter, text, `Key Shift ${letter}`]), (letter) => decision.issues.includes(letter))
  part(one, ".pictures").replaceChildren(...(screen?.pictures ?? []).map(({ url, what }) => element("img", "", { src: url, alt: what, title: what })))
  const header = element("tr", "")
  header.append(element("th", "Neighbors’ z"), element("th", "Class"), element("th", "Similarity"))
  part(one, ".neighbors").replaceChildren(...(screen?.neighbors?.length ? [header] : []), ...(screen?.neighbors ?? []).slice(0, 5).map((neighbor) => {
    const row = element("tr", "", { title: neighbor.id })
    row.append(element("td", neighbor.z === null ? "unknown" : neighbor.z.toFixed(4).replace("-", "−")), element("td", neighbor.kind), element("td", neighbor.similarity.toFixed(3)))
    return row
  }))
  part(one, ".said").replaceChildren(...(data.said[place] ?? []).map((said) => {
    const text = `${said.person}: z ${said.z === null ? "none" : said.z.toFixed(5)}, quality ${said.quality}${said.kind ? `, ${said.kind}` : ""}${said.comment ? `. ${said.comment}` : ""}`
    return element("button", text, { className: said.z === one.z ? "on" : "", onclick: () => said.z !== null && setZ(one, said.z) })
  }))
}

function say(one, words) {
  part(one, ".saved").textContent = words
  setTimeout(() => paint(one), 1500)
}

// Redshifts.

function setZ(one, z) {
  one.z = z
  paint(one)
  draw(one)
}

// Of p(z), and then those that people said.
function redshifts({ screens, place, data }) {
  const said = (data.said[place] ?? []).filter(({ z }) => z !== null)
  return [...(screens.get(place)?.peaks ?? []), ...said].map(({ z }) => z)
}

function takePeak(one, index) {
  const all = redshifts(one)
  if (!all.length) return
  one.peak = (index + all.length) % all.length
  setZ(one, all[one.peak])
}

function typeZ(one) {
  const field = part(one, ".z input")
  Object.assign(field, { hidden: false, value: one.z.toFixed(5) })
  field.select()
  field.onkeydown = (event) => {
    event.stopPropagation()
    const z = Number(field.value.replace(",", ".").replace("−", "-"))
    const isGood = field.value.trim() !== "" && Number.isFinite(z) && z > -0.1 && z < 20
    if (event.key === "Enter" && !isGood) return say(one, "A redshift is a number from −0.1 to 20")
    if (event.key === "Enter") setZ(one, z)
    if (event.key === "Enter" || event.key === "Escape") focusBench(one)
  }
  field.onblur = () => (field.hidden = true)
}

// Probability within 1000 km/s.
function nearby({ edges, density }, z) {
  const reach = ((1 + z) * 1000) / SPEED_OF_LIGHT
  let sum = 0
  for (let i = 0; i < density.length; i++) sum += density[i] * Math.max(Math.min(edges[i + 1], z + reach) - Math.max(edges[i], z - reach), 0)
  return sum
}

function chooseLine(one) {
  const screen = one.screens.get(one.place), last = screen?.edges?.[screen.edges.length - 1]
  if (!spectrumOf(one)) return
  if (one.cursor === null) moveToFeature(one, 1)
  if (one.cursor === null) one.cursor = (one.range[0] + one.range[1]) / 2
  const options = one.data.lines.map((entry) => ({ ...entry, z: one.cursor / entry.rest - 1 })).filter(({ z }) => z >= -0.01 && z <= last).map((entry) => ({ ...entry, share: nearby(screen, entry.z) }))
  options.sort((a, b) => Math.round(1000 * b.share) - Math.round(1000 * a.share) || b.major - a.major || a.rest - b.rest)
  const list = element("ol", ""), box = part(one, ".chooser")
  let at = 0
  const mark = () => [...list.children].forEach((row, i) => { row.classList.toggle("on", i === at); if (i === at) row.scrollIntoView({ block: "nearest" }) })
  const take = (i) => { closeOver(one); if (options[i]) setZ(one, options[i].z) }
  list.append(...options.map(({ name, rest, z, share }, i) => {
    const row = element("li", "", { onclick: () => take(i) })
    row.append(element("kbd", i < 9 ? String(i + 1) : ""), element("b", `${name} ${rest.toFixed(0)}`), element("span", `z ${z.toFixed(5)}`.replace("-", "−")), element("span", share >= 0.001 ? `p ${share.toFixed(2)}` : ""))
    return row
  }))
  box.replaceChildren(element("h4", `Which line is at ${one.cursor.toFixed(1)} Å?`), list)
  box.hidden = false
  one.over = (key) => {
    if (/^[1-9]$/.test(key)) take(Number(key) - 1)
    else if (key === "Enter") take(at)
    else if (key === "ArrowDown" || key === "j") at = Math.min(at + 1, options.length - 1)
    else if (key === "ArrowUp" || key === "k") at = Math.max(at - 1, 0)
    else if (key === "Escape" || key === "l") closeOver(one)
    mark()
  }
  mark()
  draw(one)
}

function moveCursor(one, pixels) {
  const spectrum = spectrumOf(one)
  if (!spectrum || !one.drawn) return
  const [low, high] = one.range, from = one.cursor ?? (low + high) / 2
  one.cursor = Math.min(Math.max(one.drawn.wave(one.drawn.pixel(from) + pixels), low), high)
  draw(one)
}

// Wavelengths of what stands out of its surroundings by 5 sigma, up or down.
function featuresOf(spectrum) {
  if (spectrum.features) return spectrum.features
  const { wavelength, flux, sigma } = spectrum
  if (!flux || !sigma) return (spectrum.features = [])
  const near = smoothed(flux, sigma, 5), around = smoothed(flux, sigma, 151), signal = near.map((value, i) => Math.abs(value - around[i]) / (sigma[i] / Math.sqrt(5)))
  const found = []
  for (let i = 8; i < signal.length - 8; i++) if (signal[i] > 5 && signal.slice(i - 8, i + 9).every((value) => !(value > signal[i]))) found.push(wavelength[i])
  return (spectrum.features = found)
}

function moveToFeature(one, direction) {
  const spectrum = spectrumOf(one)
  if (!spectrum) return
  const features = featuresOf(spectrum).filter((x) => x >= one.range[0] && x <= one.range[1]), from = one.cursor ?? (direction > 0 ? -Infinity : Infinity)
  const next = direction > 0 ? features.find((x) => x > from + 1) : features.filter((x) => x < from - 1).at(-1)
  if (next === undefined) return say(one, "There is no other feature in this direction")
  one.cursor = next
  draw(one)
}

function zoom(one, factor) {
  const spectrum = spectrumOf(one)
  if (!spectrum) return
  const [first, last] = whole(spectrum), [low, high] = one.range, middle = one.cursor ?? (low + high) / 2
  const half = Math.min((factor * (high - low)) / 2, (last - first) / 2)
  const start = Math.min(Math.max(middle - half, first), last - 2 * half)
  one.range = [start, start + 2 * half]
  draw(one)
}

// Keys.

function press(one, key, { shift = false } = {}) {
  if (one.over) return one.over(key)
  const { view } = one, decision = decisionAt(one), began = performance.now()
  const toggle = (letter) => Object.keys(one.data.issues).filter((each) => decision.issues.includes(each) !== (each === letter)).join("")
  const kind = one.data.kinds.find((each) => each[0].toLowerCase() === key)
  if (/^[0-4]$/.test(key)) decide(one, { quality: Number(key), z: one.z })
  else if (key in one.data.issues) decide(one, { issues: toggle(key) })
  else if (kind) decide(one, { kind: decision.kind === kind ? "" : kind })
  else if (key === "n" || key === "b") {
    delete one.root.dataset.step
    step(one, key === "n" ? 1 : -1)
    requestAnimationFrame(() => setTimeout(() => (one.root.dataset.step = (performance.now() - began).toFixed(1)))) // painted
  } else if (key === "f") firstOpen(one)
  else if (key === "a") decide(one, { z: one.z })
  else if (key === "o" || key === "]") takePeak(one, one.peak + 1)
  else if (key === "i" || key === "[") takePeak(one, one.peak - 1)
  else if (key === "z") typeZ(one)
  else if (".,<>".includes(key)) setZ(one, one.z + ((".>".includes(key) ? 1 : -1) * (key === "." || key === "," ? STEP : LEAP) * (1 + one.z)) / SPEED_OF_LIGHT)
  else if (key === "ArrowRight" || key === "ArrowLeft") moveCursor(one, (key === "ArrowRight" ? 1 : -1) * (shift ? 30 : 2))
  else if (key === "k" || key === "j") moveToFeature(one, key === "k" ? 1 : -1)
  else if (key === "l") chooseLine(one)
  else if (key === "c") part(one, ".comment").focus()
  else if (key === "u") undo(one)
  else if (key === "x" || key === "X") zoom(one, key === "x" ? 0.5 : 2)
  else if (key === "?") showKeys(one)
  else if (!changeView(one, key)) return false
  return true
}

function changeView(one, key) {
  const { view } = one
  if (key === "r") one.range = null
  else if (key === "w") view.smoothing = SMOOTHING[(SMOOTHING.indexOf(view.smoothing) + 1) % SMOOTHING.length]
  else if (key === "d") view.decoded = !view.decoded
  else if (key === "m") view.minor = !view.minor
  else if (key === "t") view.cut = !view.cut
  else if (key === "v") Object.assign(one, { shownSpectrum: (one.shownSpectrum + 1) % (one.screens.get(one.place)?.spectra?.length || 1), range: null })
  else return false
  paint(one)
  draw(one)
  return true
}

function showKeys(one) {
  const box = part(one, ".keys"), { qualities, issues } = one.data
  box.replaceChildren(...KEYS.map(([title, keys]) => {
    const group = element("section", "")
    group.append(element("h4", title), ...keys.map(([key, text]) => {
      const row = element("p", "")
      row.append(...key.split(" ").map((each) => element("kbd", each)), element("span", text || qualities[key] || issues[key]))
      return row
    }))
    return group
  }))
  box.hidden = false
  one.over = (key) => (key === "Escape" || key === "?") && closeOver(one)
}

function closeOver(one) {
  one.over = null
  for (const name of [".chooser", ".keys"]) part(one, name).hidden = true
}

function focusBench(one) {
  document.activeElement?.blur?.()
  one.root.focus({ preventScroll: true })
}

addEventListener("keydown", (event) => {
  const one = bench, { target } = event
  if (!one?.root.isConnected || event.ctrlKey || event.metaKey || event.altKey) return
  if (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.closest?.("[role=dialog]:not(.over), [data-baseweb=popover]")) return
  if (press(one, event.key, { shift: event.shiftKey }) === false) return
  event.preventDefault()
  event.stopPropagation() // Streamlit has keys of its own
}, true)

function listen(one) {
  const comment = part(one, ".comment"), spectrum = part(one, ".spectrum")
  const take = () => {
    clearTimeout(one.typed)
    decide(one, { comment: comment.value.trim() })
  }
  comment.oninput = () => {
    clearTimeout(one.typed)
    one.typed = setTimeout(take, PAUSE)
  }
  comment.onblur = take
  comment.onkeydown = (event) => {
    event.stopPropagation()
    if (event.key === "Enter" || event.key === "Escape") focusBench(one)
  }
  for (const button of one.root.querySelectorAll(".top button")) button.onclick = () => press(one, button.dataset.key)
  for (const box of [".chooser", ".keys"]) part(one, box).onclick = (event) => event.target === event.currentTarget && closeOver(one)
  const at = (event) => one.drawn?.wave(event.clientX - spectrum.getBoundingClientRect().left)
  spectrum.onpointerdown = (event) => {
    one.drag = { from: at(event), x: event.clientX }
    spectrum.setPointerCapture(event.pointerId)
  }
  spectrum.onpointerup = (event) => {
    const { from, x } = one.drag ?? {}, to = at(event)
    one.drag = null
    if (from === undefined) return
    if (Math.abs(event.clientX - x) > 8) one.range = [Math.min(from, to), Math.max(from, to)].map((value, i) => Math[i ? "min" : "max"](value, whole(spectrumOf(one))[i]))
    else one.cursor = to
    draw(one)
  }
  spectrum.ondblclick = () => {
    one.range = null
    draw(one)
  }
  part(one, ".density").onclick = (event) => one.drawnDensity && setZ(one, one.drawnDensity.redshift(event.offsetX))
}
