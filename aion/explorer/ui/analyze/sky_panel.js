// See sky_panel.py. Aladin Lite is loaded once a page and never ends by itself: there is one of it for each key, which is
// shown again, and told of another object, where a panel is opened again.
const PATIENCE = 8000 // ms, until a person is told that something does not come
const AGAIN = 60000 // ms, before what did not come is asked for again, where the panel is opened again
const CUTOUT = "Cutout"
const BLANK = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAAC0lEQVR4nGNgAAIAAAUAAXpeqz8AAAAASUVORK5CYII="
const skies = new Map() // key -> a sky

export default function ({ data, parentElement, setTriggerValue }) {
  const place = parentElement.querySelector(".aion-sky"), sky = skies.get(data.key) ?? made()
  skies.set(data.key, sky)
  Object.assign(sky, { data, tell: (position) => setTriggerValue("clicked", position) })
  const opened = sky.box.parentElement !== place, asks = opened && !(Date.now() - sky.asked < AGAIN)
  if (opened) place.replaceChildren(sky.box)
  if (asks) sky.asked = Date.now()
  if (asks || sky.aladin) sky.turn = sky.turn.then(() => show(sky, asks)).catch((problem) => console.error(problem))
}

function made() {
  const box = document.createElement("div")
  box.innerHTML = '<div role="figure"></div><p role="status"></p>'
  return { box, view: box.firstElementChild, turn: Promise.resolve() }
}

function say(sky, words, empty = false) {
  sky.box.lastElementChild.textContent = words
  sky.box.classList.toggle("empty", empty)
}

// `asks`: whether another host may be asked now, for what is not here yet.
async function show(sky, asks) {
  const { words, library } = sky.data, fail = (why) => () => say(sky, why, true)
  const late = setTimeout(fail(words.not_loaded), PATIENCE)
  const A = await loaded(library).catch(fail(words.not_loaded))
  clearTimeout(late)
  if (!A || !(await A.init.then(() => true, fail(words.not_started)))) return
  if (!sky.aladin) say(sky, "")
  sky.aladin ??= begun(A, sky)
  paint(sky)
  draw(A, sky)
  if (asks) addSurveys(A, sky)
}

function loaded(address) {
  return (globalThis.aionAladin ??= library(address).catch((problem) => {
    globalThis.aionAladin = undefined
    throw problem
  }))
}

// Of another host a script, as the CDS serves it; of ours that, or the module of the package.
async function library(address) {
  if (!/^https?:/.test(address)) return (await import(new URL(address, document.baseURI).href)).default ?? globalThis.A
  const script = document.createElement("script")
  await new Promise((onload, onerror) => document.head.append(Object.assign(script, { src: address, onload, onerror })))
  return globalThis.A
}

function begun(A, sky) {
  const { theme, colors, scene } = sky.data, target = `${scene.ra} ${scene.dec}`
  const quiet = { survey: [], log: false, showReticle: false, showProjectionControl: false }
  const aladin = A.aladin(sky.view, { ...quiet, mode: theme, backgroundColor: colors.sky, target, fov: fov(sky) })
  aladin.on("click", ({ ra, dec, isDragging }) => {
    if (isDragging) return
    sky.place.removeAll()
    sky.place.addSources([A.source(ra, dec)])
    sky.tell([ra, dec])
  })
  return aladin
}

// The theme of its buttons.
function paint({ view, data }) {
  view.setAttribute("aria-label", `The sky around ${data.scene.ra} ${data.scene.dec}`)
  for (const part of [view, view.querySelector(".aladin-widgets-toolbar")]) part?.setAttribute("data-theme", data.theme)
}

function draw(A, sky) {
  const { aladin, data: { scene, colors } } = sky, written = JSON.stringify(scene)
  if (written === sky.written) return
  const first = sky.written === undefined
  sky.written = written
  aladin.hidePopup()
  aladin.removeOverlays()
  addCutout(A, sky)
  if (scene.field) {
    const overlay = A.graphicOverlay({ name: "Field", color: colors.field, lineWidth: 2 })
    aladin.addOverlay(overlay)
    overlay.add(A.polygon(scene.field))
  }
  const [object, ...others] = scene.objects, shown = { shape: "circle", onClick: "showPopup", selectionColor: colors.place }
  const catalogs = [[others, { name: "Catalog", color: colors.others, sourceSize: 14 }], [[object], { name: "Object", color: colors.object, sourceSize: 22 }]]
  for (const [objects, looks] of catalogs) {
    const catalog = A.catalog({ ...shown, ...looks })
    aladin.addCatalog(catalog)
    catalog.addSources(objects.map(({ ra, dec, facts }) => A.source(ra, dec, facts)))
  }
  sky.place = A.catalog({ name: "Place", shape: "cross", color: colors.place, sourceSize: 12 })
  aladin.addCatalog(sky.place)
  if (first) return
  aladin.gotoRaDec(scene.ra, scene.dec)
  aladin.setFoV(fov(sky))
}

// Degrees from left to right, so that the shorter side has as many as are asked for.
function fov({ view: { clientWidth, clientHeight }, data }) {
  return data.scene.size * Math.max(clientWidth / clientHeight, 1)
}

// Above all other images. There is always one of ours: without any, Aladin Lite asks for its own survey, and where that does
// not answer it asks without end.
function addCutout(A, { aladin, data: { scene } }) {
  const { url, wcs } = scene.cutout ?? { url: BLANK, wcs: blank(scene) }
  aladin.removeImageLayer(CUTOUT)
  aladin.setOverlayImageLayer(A.image(url, { name: CUTOUT, imgFormat: "png", wcs: { ...wcs } }), CUTOUT)
}

function blank({ ra, dec, size }) {
  const pixel = { NAXIS: 2, NAXIS1: 1, NAXIS2: 1, CRPIX1: 1, CRPIX2: 1, CD1_1: -size, CD1_2: 0, CD2_1: 0, CD2_2: size }
  return { ...pixel, CTYPE1: "RA---TAN", CTYPE2: "DEC--TAN", CRVAL1: ra, CRVAL2: dec, RADESYS: "ICRS" }
}

// Each is asked once whether it is there before Aladin Lite hears of it.
async function addSurveys(A, sky) {
  const { aladin, data } = sky, missing = data.surveys.filter(({ url }) => !sky.surveys?.has(url))
  const there = await Promise.all(missing.map(({ url }) => answers(`${url}/properties`)))
  sky.surveys ??= new Set()
  missing.forEach(({ name, url }, i) => {
    if (!there[i] || sky.surveys.has(url)) return
    sky.surveys.add(url)
    aladin.setOverlayImageLayer(A.imageHiPS(url, { name, successCallback: () => setTimeout(addCutout, 0, A, sky) }), name)
  })
  say(sky, sky.surveys.size ? "" : data.words.no_survey)
}

function answers(address) {
  return fetch(address, { signal: AbortSignal.timeout(PATIENCE) }).then(({ ok }) => ok, () => false)
}
