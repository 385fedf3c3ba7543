"""A flame graph as one SVG file: boxes to point at (what and how long) and to click on (to look closer)."""

from html import escape

from adder._samples import DOING

WIDTH, ROW, TOP = 1200, 19, 44
LEAST = 0.4  # pixels: narrower boxes are left out
COLOURS = {"kernels": "#5b8ff0", "allocation": "#58b368", "collector": "#b07cd8", "waiting": "#b9bdc6", "waiting for the lock": "#8d93a1"}

STYLE = """
rect { stroke: #fff; stroke-width: .5 } text { font: 12px system-ui, sans-serif; fill: #1c2330; pointer-events: none }
g.box { cursor: pointer } g.box:hover rect { stroke: #000 } #title { font-size: 15px; font-weight: 600 }
"""

# Boxes carry their place and width in thousandths of the whole; a click on one makes it the whole.
SCRIPT = """
const boxes = [...document.querySelectorAll('g.box')], width = %d;
function show(from, size) {
  for (const box of boxes) {
    const x = (+box.dataset.x - from) / size * width, w = +box.dataset.w / size * width;
    const left = Math.max(x, 0), right = Math.min(x + w, width);
    box.style.display = right - left > .4 ? '' : 'none';
    const rect = box.firstElementChild, text = box.lastElementChild;
    rect.setAttribute('x', left); rect.setAttribute('width', Math.max(right - left, 0));
    text.setAttribute('x', left + 4);
    const room = Math.floor((right - left - 8) / 6.6), full = box.dataset.name;
    text.textContent = room < 3 ? '' : full.length <= room ? full : full.slice(0, room - 1) + '…';
  }
}
for (const box of boxes) box.addEventListener('click', () => show(+box.dataset.x, +box.dataset.w));
show(0, 1000);
"""


class Box:
    def __init__(self, name, colour):
        self.name, self.colour, self.time, self.parts = name, colour, 0.0, {}

    def part(self, key, name, colour):
        if key not in self.parts:
            self.parts[key] = Box(name, colour)
        return self.parts[key]


def warm(name):
    """A colour between yellow and red that a function keeps in every picture."""
    number = sum(ord(c) * (i + 7) for i, c in enumerate(name)) % 60
    return f"hsl({20 + number * 0.5:.0f} 85% {62 + number % 13}%)"


def tree_of(samples):
    root = Box("all", "#e8e4da")
    for sample in samples:
        at = root
        at.time += sample.weight
        for function, _ in sample.stack:
            at = at.part(function, function.place, warm(function.name))
            at.time += sample.weight
        if sample.doing:
            kind = DOING[sample.doing]
            at = at.part(kind, f"[{kind}]", COLOURS[kind])
            at.time += sample.weight
    return root


def flame_graph(samples, title):
    root = tree_of(samples)
    whole = root.time or 1.0
    shown, deepest, pending = [], 0, [(root, 0.0, 0)]
    while pending:
        box, x, depth = pending.pop()
        width = 1000 * box.time / whole
        if width * WIDTH / 1000 < LEAST:
            continue
        shown.append((box, x, width, depth))
        deepest = max(deepest, depth)
        for part in sorted(box.parts.values(), key=lambda part: part.name):
            pending.append((part, x, depth + 1))
            x += 1000 * part.time / whole
    height = TOP + (deepest + 1) * ROW + 10
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif">',
             f"<style>{STYLE}</style>", f'<rect width="{WIDTH}" height="{height}" fill="#fff" stroke="none"/>',
             f'<text id="title" x="8" y="20">{escape(title)}</text>']
    x = 8
    for kind, colour in [("interpreter", "hsl(35 85% 68%)"), *COLOURS.items()]:
        parts.append(f'<rect x="{x}" y="28" width="10" height="10" fill="{colour}"/><text x="{x + 14}" y="37">{kind}</text>')
        x += 30 + 7 * len(kind)
    for box, x, width, depth in shown:
        y = height - 10 - (depth + 1) * ROW
        share = f"{box.time:.0f} ms, {100 * box.time / whole:.1f} %"
        name = escape(box.name)
        parts.append(f'<g class="box" data-x="{x:.3f}" data-w="{width:.3f}" data-name="{name}"><rect x="{x * WIDTH / 1000:.2f}" y="{y}" '
                     f'width="{width * WIDTH / 1000:.2f}" height="{ROW - 1}" fill="{box.colour}" rx="2"/><title>{name}: {share}</title>'
                     f'<text x="{x * WIDTH / 1000 + 4:.2f}" y="{y + 13}"></text></g>')
    parts.append(f"<script><![CDATA[{SCRIPT % WIDTH}]]></script></svg>\n")
    return "\n".join(parts)
