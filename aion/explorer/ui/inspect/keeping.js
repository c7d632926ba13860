// Part of inspector.js: what a person decides, how the server is told of it, and the screens that come from there.
const AHEAD = 5, POLL = 250, AGAIN = 3000 // screens; ms between two looks for them, until a report is sent again
const HELD = 60 // screens in memory
const STORED = "aion-inspection"

function decisionAt(one, place = one.place) {
  return one.decisions.get(place) ?? { z: null, quality: null, kind: "", issues: "", comment: "" }
}

function decide(one, change) {
  const before = decisionAt(one), after = { ...before, ...change }
  if (JSON.stringify(before) === JSON.stringify(after)) return
  one.undo.push({ key: keep(one, one.place, after), place: one.place, before })
}

// The key of what is kept; undoes: that of the decision whose undo it is.
function keep(one, place, decision, undoes = null) {
  one.decisions.set(place, decision)
  const key = `${one.tab}-${String(++one.number).padStart(6, "0")}`, entry = { key, place, decision, undoes, time: new Date().toISOString() }
  one.unsaved.set(key, entry)
  try {
    localStorage.setItem(`${STORED}/${one.data.queue}/${one.data.person}/${key}`, JSON.stringify(entry))
  } catch (full) {
    console.warn(full) // the server keeps it all the same
  }
  report(one)
  paint(one)
  return key
}

// Also of what was decided before this page was opened: the server says the last steps again with every answer.
function undo(one) {
  const last = one.undo.pop()
  if (!last) return say(one, one.unsaved.size ? "Saving first" : "Nothing to undo")
  if (last.place !== one.place) goTo(one, last.place)
  keep(one, last.place, last.before, last.key)
  if (last.before.z !== null) one.z = last.before.z
  part(one, ".comment").value = last.before.comment
  paint(one)
  draw(one)
}

// What the server is told: where we are, and all that it has not confirmed; one report at a time.
function report(one) {
  if (one.waits) return
  clearTimeout(one.timer)
  one.waits = one.unsaved.size > 0
  one.tell({ at: one.place, next: ahead(one), decisions: [...one.unsaved.values()] })
  if (one.waits) one.timer = setTimeout(() => reportAgain(one), AGAIN)
}

// Where no answer came. Another process, which was started meanwhile, knows nothing of this page: it begins again there.
async function reportAgain(one) {
  if (!one.root.isConnected) return void (one.waits = false)
  const answer = await fetch(new URL(`${one.address}ready.json`, document.baseURI), { cache: "no-store" }).catch(() => null)
  if (!one.waits) return
  if (answer?.ok) {
    one.waits = false
    report(one)
  } else if (answer) location.reload()
  else one.timer = setTimeout(() => reportAgain(one), AGAIN)
}

function settle(one) {
  const { saved, queue, person } = one.data
  const confirmed = saved.filter((key) => one.unsaved.delete(key))
  for (const key of confirmed) localStorage.removeItem(`${STORED}/${queue}/${person}/${key}`)
  if (confirmed.length) {
    clearTimeout(one.timer)
    one.waits = false
  }
  if (one.unsaved.size) report(one)
  else Object.assign(one, { decisions: told(one.data), undo: [...one.data.undo] }) // also of another tab, or of a file that was read
}

// Screens.

function ahead({ data: { order }, place }) {
  const at = order.indexOf(place)
  return [place, ...order.slice(at + 1, at + 1 + AHEAD), ...order.slice(Math.max(at - 1, 0), at)]
}

async function fetchAhead(one) {
  if (one.fetches) return
  one.fetches = true
  try {
    for (;;) {
      const missing = ahead(one).filter((place) => !one.screens.has(place))
      if (!missing.length || !one.root.isConnected) return
      const answer = await fetch(new URL(`${one.address}ready.json`, document.baseURI), { cache: "no-store" })
      const ready = new Set(answer.ok ? await answer.json() : [])
      const next = missing.find((place) => ready.has(place))
      if (next === undefined) await new Promise((done) => setTimeout(done, POLL))
      else await fetchScreen(one, next)
    }
  } catch (problem) {
    setTimeout(() => fetchAhead(one), AGAIN) // the server is away; what is decided waits in localStorage
  } finally {
    one.fetches = false
  }
}

async function fetchScreen(one, place) {
  const answer = await fetch(new URL(`${one.address}${place}.json`, document.baseURI), { cache: "no-store" })
  if (!answer.ok) return
  const screen = await answer.json()
  for (const spectrum of screen.spectra ?? []) for (const name of ["wavelength", "flux", "sigma", "decoded"]) spectrum[name] = unpacked(spectrum[name])
  for (const name of ["edges", "density"]) screen[name] = unpacked(screen[name])
  one.screens.set(place, screen)
  const near = new Set(ahead(one))
  for (const other of [...one.screens.keys()].slice(0, Math.max(one.screens.size - HELD, 0))) if (!near.has(other)) one.screens.delete(other)
  if (place === one.place) show(one)
}

function goTo(one, place) {
  if (place === undefined) return say(one, "There is no other object in this direction")
  one.place = place
  show(one)
  clearTimeout(one.moved)
  one.moved = setTimeout(() => report(one), 120)
  fetchAhead(one)
}

function step(one, by) {
  const { order } = one.data
  goTo(one, order[order.indexOf(one.place) + by])
}

function firstOpen(one) {
  const { order } = one.data, at = order.indexOf(one.place)
  const next = [...order.slice(at + 1), ...order.slice(0, at + 1)].find((place) => decisionAt(one, place).quality === null)
  if (next === undefined) return say(one, "All of these have a quality")
  goTo(one, next)
}
