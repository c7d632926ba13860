// Part of inspector.js: a spectrum and p(z) on canvases. A canvas of 8,000 pixels is drawn in milliseconds, which Plotly is not.
const FONT = '12px "Source Sans", "Source Sans 3", "Segoe UI", "Helvetica Neue", Arial, sans-serif'
const ROWS = 3, ROW_HEIGHT = 15, LEFT = 64, RIGHT = 10, BOTTOM = 36, TOP = 8 + ROWS * ROW_HEIGHT
const DECADES = 5 // of p(z) that are seen
const SPEED_OF_LIGHT = 299792.458 // km/s

function canvasOf(canvas, height) {
  const scale = devicePixelRatio || 1, width = canvas.clientWidth
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale)
    canvas.height = Math.round(height * scale)
  }
  const pen = canvas.getContext("2d")
  pen.setTransform(scale, 0, 0, scale, 0, 0)
  pen.clearRect(0, 0, width, height)
  pen.font = FONT
  return { pen, width, height }
}

function unpacked(text) {
  if (!text) return null
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))
  return new Float32Array(bytes.buffer)
}

// Running mean over an odd number of pixels, weighted by 1 / sigma², of those that are good.
function smoothed(flux, sigma, pixels) {
  if (pixels < 2 || !flux) return flux
  const half = (pixels - 1) / 2
  return flux.map((_, i) => {
    let sum = 0, total = 0
    for (let j = Math.max(i - half, 0); j <= Math.min(i + half, flux.length - 1); j++) {
      const weight = sigma ? 1 / sigma[j] ** 2 : 1
      if (!Number.isFinite(flux[j]) || !Number.isFinite(weight)) continue
      sum += weight * flux[j]
      total += weight
    }
    return total ? sum / total : NaN
  })
}

// First and last pixel within a range of wavelengths, with one beyond on each side.
function between(wavelength, [low, high]) {
  const first = wavelength.findIndex((x) => x >= low), after = wavelength.findIndex((x) => x > high)
  return [Math.max((first < 0 ? wavelength.length : first) - 1, 0), Math.min(after < 0 ? wavelength.length : after + 1, wavelength.length)]
}

// Every feature of two pixels or more, no single hot pixel.
function fluxRange(arrays, [first, last], top) {
  const seen = []
  for (const values of arrays) {
    if (!values) continue
    for (let i = Math.max(first, 1); i < Math.min(last, values.length - 1); i++) {
      const [a, b, c] = [values[i - 1], values[i], values[i + 1]]
      const middle = Math.max(Math.min(a, b), Math.min(Math.max(a, b), c))
      if (Number.isFinite(middle)) seen.push(middle)
    }
  }
  if (!seen.length) return [0, 1]
  const sorted = Float32Array.from(seen).sort(), high = sorted[Math.ceil(sorted.length * top) - 1]
  const low = Math.min(Math.max(sorted[Math.floor(sorted.length * 0.003)], high > 0 ? -0.25 * high : -Infinity), 0)
  const margin = 0.06 * (high - low) || 1
  return [low - margin, high + margin]
}

function ticks(low, high, count) {
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough))
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough)
  const all = []
  for (let value = Math.ceil(low / step) * step; value <= high; value += step) all.push(Math.abs(value) < step / 1e6 ? 0 : value)
  return all
}

function shown(value) {
  return String(Number(value.toPrecision(6))).replace("-", "−")
}

function drawSpectrum(canvas, view) {
  const height = canvas.clientHeight, { pen, width } = canvasOf(canvas, height), { colors, spectrum, range } = view
  const [x0, x1] = range, part = between(spectrum.wavelength, range)
  const flux = view.smoothing > 1 ? view.smooth : spectrum.flux
  const [y0, y1] = fluxRange([flux, view.decoded ? spectrum.decoded : null], part, view.cut ? 0.98 : 1)
  const right = width - RIGHT, bottom = height - BOTTOM
  const x = (value) => LEFT + ((value - x0) / (x1 - x0)) * (right - LEFT), y = (value) => bottom - ((value - y0) / (y1 - y0)) * (bottom - TOP)
  Object.assign(view, { pixel: x, wave: (px) => x0 + ((px - LEFT) / (right - LEFT)) * (x1 - x0) })
  pen.strokeStyle = colors.grid
  pen.fillStyle = colors.faint
  pen.textAlign = "right"
  pen.textBaseline = "middle"
  for (const value of ticks(y0, y1, 5)) {
    line(pen, LEFT, y(value), right, y(value))
    pen.fillText(shown(value), LEFT - 6, y(value))
  }
  pen.textAlign = "center"
  pen.textBaseline = "top"
  for (const value of ticks(x0, x1, width / 110)) {
    line(pen, x(value), bottom, x(value), bottom + 4)
    pen.fillText(shown(value), x(value), bottom + 6)
  }
  pen.textAlign = "left"
  pen.fillText("Observed wavelength, vacuum (Å)", LEFT, bottom + 21)
  pen.save()
  pen.textAlign = "center"
  pen.translate(13, (TOP + bottom) / 2)
  pen.rotate(-Math.PI / 2)
  pen.fillText("Flux (1e-17 erg s⁻¹ cm⁻² Å⁻¹)", 0, -6)
  pen.restore()
  legend(pen, [[colors.ink, "data"], ...(view.decoded ? [[colors.decoded, "decoded"]] : [])], right, bottom + 21)
  pen.save()
  pen.beginPath()
  pen.rect(LEFT, view.cut ? TOP : 0, right - LEFT, bottom)
  pen.clip()
  pen.fillStyle = colors.shade
  for (const [low, high] of view.atmosphere) pen.fillRect(x(low), TOP, x(high) - x(low), bottom - TOP)
  if (spectrum.flux && spectrum.sigma && view.smoothing === 1) band(pen, spectrum, part, x, y, colors.error)
  if (flux) curve(pen, spectrum.wavelength, flux, part, x, y, colors.ink, 1)
  if (view.decoded) curve(pen, spectrum.wavelength, spectrum.decoded, part, x, y, colors.decoded, 1.5)
  pen.restore()
  drawLines(pen, view, x, bottom, right)
  if (view.cursor !== null) drawCursor(pen, view, x, bottom, right)
}

// Names in their colors, from the right.
function legend(pen, entries, right, top) {
  pen.textAlign = "right"
  pen.textBaseline = "top"
  for (const [color, name] of entries.reverse()) {
    pen.fillStyle = color
    pen.fillText(name, right, top)
    right -= pen.measureText(name).width + 14
  }
}

function line(pen, ...[x0, y0, x1, y1]) {
  pen.beginPath()
  pen.moveTo(x0, y0)
  pen.lineTo(x1, y1)
  pen.stroke()
}

function curve(pen, wavelength, values, [first, last], x, y, color, width) {
  pen.strokeStyle = color
  pen.lineWidth = width
  pen.lineJoin = "round"
  pen.beginPath()
  let isDown = false
  for (let i = first; i < last; i++) {
    if (!Number.isFinite(values[i])) isDown = false
    else if (isDown) pen.lineTo(x(wavelength[i]), y(values[i]))
    else {
      pen.moveTo(x(wavelength[i]), y(values[i]))
      isDown = true
    }
  }
  pen.stroke()
  pen.lineWidth = 1
}

function band(pen, { wavelength, flux, sigma }, [first, last], x, y, color) {
  pen.fillStyle = color
  pen.beginPath()
  const good = []
  for (let i = first; i < last; i++) if (Number.isFinite(flux[i]) && Number.isFinite(sigma[i])) good.push(i)
  good.forEach((i, n) => (n ? pen.lineTo : pen.moveTo).call(pen, x(wavelength[i]), y(flux[i] + sigma[i])))
  good.reverse().forEach((i) => pen.lineTo(x(wavelength[i]), y(flux[i] - sigma[i])))
  pen.fill()
}

// Names in the first row in which they cover no other; lines of one name that lie close share one.
function drawLines(pen, { lines, z, minor, colors, range }, x, bottom, right) {
  const stretch = 1 + z, ends = Array(ROWS).fill(-Infinity)
  const inside = lines.filter(({ rest, major }) => (major || minor) && rest * stretch >= range[0] && rest * stretch <= range[1])
  let last = null
  pen.textAlign = "center"
  pen.textBaseline = "bottom"
  for (const { name, rest, feature } of inside) {
    const place = x(rest * stretch), color = colors[feature]
    pen.globalAlpha = 0.6
    pen.strokeStyle = color
    pen.setLineDash(feature === "absorption" ? [3, 3] : [])
    line(pen, place, TOP, place, bottom)
    pen.globalAlpha = 1
    const half = pen.measureText(name).width / 2, middle = Math.min(Math.max(place, LEFT + half), right - half)
    const row = ends.findIndex((end) => middle - half >= end + 5)
    const isSame = last && last.name === name && place - last.place < 2 * half + 5
    if (row >= 0 && !isSame) {
      pen.fillStyle = color
      pen.fillText(name, middle, TOP - 2 - row * ROW_HEIGHT)
      ends[row] = middle + half
      last = { name, place }
    }
  }
  pen.setLineDash([])
}

function drawCursor(pen, { cursor, z, colors }, x, bottom, right) {
  const place = x(cursor), text = `${cursor.toFixed(1)} Å, at rest ${(cursor / (1 + z)).toFixed(1)}`, width = pen.measureText(text).width
  pen.strokeStyle = colors.cursor
  pen.setLineDash([6, 3])
  line(pen, place, TOP, place, bottom)
  pen.setLineDash([])
  pen.fillStyle = colors.cursor
  pen.textBaseline = "bottom"
  pen.textAlign = place + width + 8 < right ? "left" : "right"
  pen.fillText(text, place + (pen.textAlign === "left" ? 5 : -5), bottom - 4)
}

// ln p(z) over ln(1 + z): narrow peaks and unlikely ones are seen.
function drawDensity(canvas, view) {
  const height = canvas.clientHeight, { pen, width } = canvasOf(canvas, height), { colors, edges, density } = view
  const right = width - RIGHT, bottom = height - 34, top = 20
  const low = Math.log1p(edges[0]), high = Math.log1p(edges[edges.length - 1]), tallest = Math.max(...density)
  const x = (z) => LEFT + ((Math.log1p(Math.max(z, edges[0])) - low) / (high - low)) * (right - LEFT)
  const y = (value) => bottom - Math.max(1 + Math.log10(value / tallest) / DECADES, 0) * (bottom - top)
  view.redshift = (px) => Math.expm1(low + ((px - LEFT) / (right - LEFT)) * (high - low))
  pen.fillStyle = colors.soft
  pen.strokeStyle = colors.accent
  pen.beginPath()
  pen.moveTo(LEFT, bottom)
  density.forEach((value, i) => [edges[i], edges[i + 1]].forEach((z) => pen.lineTo(x(z), y(value))))
  pen.lineTo(right, bottom)
  pen.fill()
  pen.stroke()
  pen.strokeStyle = colors.grid
  line(pen, LEFT, bottom, right, bottom)
  pen.fillStyle = colors.faint
  pen.textBaseline = "top"
  pen.textAlign = "center"
  const marks = [0, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 4, 5, 6].filter((z) => z <= edges[edges.length - 1])
  let end = -Infinity
  for (const z of marks) {
    line(pen, x(z), bottom, x(z), bottom + 4)
    const half = pen.measureText(String(z)).width / 2
    if (x(z) - half < end + 4) continue
    pen.fillText(String(z), x(z), bottom + 5)
    end = x(z) + half
  }
  pen.textAlign = "left"
  pen.fillText("Redshift", LEFT, bottom + 19)
  pen.textAlign = "right"
  pen.fillText("log p(z)", LEFT - 4, top)
  const catalog = view.zCatalog === null ? [] : [[colors.reference, "catalog z"]], others = view.neighbors.length ? [[colors.faint, "neighbors"]] : []
  legend(pen, [[colors.ink, "z"], ...catalog, ...others], right, bottom + 19)
  for (const { z } of view.neighbors) if (z !== null) tick(pen, x(z), bottom, colors.faint)
  if (view.zCatalog !== null) vertical(pen, x(view.zCatalog), top, bottom, colors.reference, [4, 3])
  vertical(pen, x(view.z), top, bottom, colors.ink, [])
  pen.fillStyle = colors.ink
  pen.textBaseline = "bottom"
  pen.textAlign = "center"
  view.peaks.forEach((peak, i) => pen.fillText(String(i + 1), x(peak.z), top - 3))
}

function tick(pen, place, bottom, color) {
  pen.strokeStyle = color
  pen.lineWidth = 2
  line(pen, place, bottom - 9, place, bottom - 1)
  pen.lineWidth = 1
}

function vertical(pen, place, top, bottom, color, dash) {
  pen.strokeStyle = color
  pen.setLineDash(dash)
  line(pen, place, top, place, bottom)
  pen.setLineDash([])
}
