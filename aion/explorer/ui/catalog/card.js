// See card.py. `data`: the row that was asked for last and its card; of, the catalog and the theme.
const REST = 60 // ms that a pointer rests on a point before its card is asked for
const AWAY = 16 // pixels between pointer and card

export default function ({ data, parentElement, setStateValue }) {
  const own = (parentElement.own ??= listening(parentElement.querySelector(".aion-card")))
  own.ask = (row) => setStateValue("row", row)
  if (own.of !== data.of) Object.assign(own, { of: data.of, cards: new Map() })
  if (data.card) own.cards.set(data.row, data.card)
  show(own)
  return () => removeEventListener("aion:point", own.listener)
}

function listening(box) {
  const own = { box, cards: new Map(), point: null }
  own.listener = ({ detail }) => {
    clearTimeout(own.waiting)
    own.point = detail
    if (detail && !own.cards.has(detail.row)) own.waiting = setTimeout(() => own.ask(detail.row), REST)
    show(own)
  }
  addEventListener("aion:point", own.listener)
  return own
}

// Right of the pointer and below it, or on the other side where the window ends.
function show({ box, cards, point }) {
  const card = point && cards.get(point.row)
  if (box.matches(":popover-open") !== Boolean(card)) box.togglePopover()
  if (!card) return
  const [picture, spectrum] = box.querySelectorAll("img")
  picture.alt = card.picture ? `Image of ${card.id}` : ""
  for (const [image, address] of [[picture, card.picture], [spectrum, card.spectrum]]) {
    image.hidden = !address
    if (address) image.src = address
  }
  box.querySelector("p").textContent = [card.id, ...card.lines].join("\n")
  const { offsetWidth: width, offsetHeight: height } = box, { x, y } = point
  box.style.left = `${x + AWAY + width < innerWidth ? x + AWAY : Math.max(x - AWAY - width, 0)}px`
  box.style.top = `${Math.max(Math.min(y + AWAY, innerHeight - height - 4), 0)}px`
}
