// What the sky panel uses of Aladin Lite, without drawing: it notes what it is asked for, and clicks where it is told.
globalThis.asked = []
const note = (name) => (...given) => asked.push([name, ...given])
const list = (options) => ({ options, sources: [], addSources(sources) { this.sources.push(...[sources].flat()) }, removeAll() { this.sources = [] } })
globalThis.A = {
  init: Promise.resolve(),
  aladin(view, options) {
    asked.push(["aladin", options])
    view.innerHTML = "<i>Aladin Lite</i>"
    const names = ["hidePopup", "removeOverlays", "addOverlay", "addCatalog", "gotoRaDec", "setFoV", "removeImageLayer", "setOverlayImageLayer"]
    const sky = Object.fromEntries(names.map((name) => [name, note(name)]))
    return Object.assign(sky, { on: (event, told) => { globalThis.clickAt = (ra, dec) => told({ ra, dec, isDragging: false }) } })
  },
  source: (ra, dec, facts) => ({ ra, dec, facts }),
  catalog: list,
  graphicOverlay: (options) => ({ options, add: note("field") }),
  polygon: (corners) => corners,
  image: (url, options) => ({ url, options }),
  imageHiPS: (url, { successCallback }) => { asked.push(["imageHiPS", url]); setTimeout(successCallback); return { url } },
}
