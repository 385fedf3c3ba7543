"""adder --explain as one HTML page: the source on the left, a stage on the right; a click on a line marks what it became.

The page holds all that it needs: nothing is loaded from elsewhere.
"""

from html import escape

from adder.explain import STAGES

TITLES = {"tokens": "Tokens", "tree": "Tree", "code": "Register code", "values": "Values", "arrays": "Arrays"}
NOTES = {
    "tokens": "What the lexer made of each line.",
    "tree": "The syntax tree. A node is indented below what it is part of.",
    "code": "The instructions after the run: how often each ran, the types of its operands, the form it took, and what its inline cache holds. "
            "%n is a temporary register, ! says that the register written to holds a value that is let go.",
    "values": "The module's variables after the run.",
    "arrays": "What computed array expressions, and how.",
}

STYLE = """
:root { --ink: #1c2330; --dim: #6b7484; --paper: #fbfaf7; --line: #e2dfd6; --mark: #fff0b8; --accent: #2a6f5b; --hot: #d9653b; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e2dc; --dim: #969ca8; --paper: #17191e; --line: #2e323b; --mark: #47401f; --accent: #7cc7ae; --hot: #e58a63; }
}
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: var(--paper); font: 15px/1.5 system-ui, sans-serif; height: 100vh; display: flex; flex-direction: column; }
header { padding: .7rem 1.2rem; border-bottom: 1px solid var(--line); display: flex; gap: 1.2rem; align-items: baseline; flex-wrap: wrap; }
h1 { font-size: 1.05rem; margin: 0; }
nav button { font: inherit; border: 0; background: none; color: var(--dim); padding: .2rem .5rem; cursor: pointer; border-bottom: 2px solid transparent; }
nav button[aria-selected=true] { color: var(--ink); border-color: var(--accent); }
main { flex: 1; min-height: 0; display: grid; grid-template-columns: minmax(18rem, 2fr) 3fr; }
#source, section { overflow: auto; padding: .8rem 0; }
#source { border-right: 1px solid var(--line); }
pre, code, td { font: 13px/1.55 ui-monospace, "DejaVu Sans Mono", monospace; }
#source div { white-space: pre; padding: 0 1rem 0 0; cursor: pointer; font: 13px/1.55 ui-monospace, "DejaVu Sans Mono", monospace; }
#source i { display: inline-block; width: 3.2rem; text-align: right; padding-right: .8rem; color: var(--dim); font-style: normal; border-right: 3px solid transparent; margin-right: .6rem; }
section p { color: var(--dim); margin: 0 1.2rem .8rem; max-width: 60rem; }
section h2 { font-size: .95rem; margin: 1rem 1.2rem .3rem; }
section h2 small { color: var(--dim); font-weight: normal; }
section[hidden] { display: none; }
.row { padding: 0 1.2rem; white-space: pre-wrap; cursor: pointer; font: 13px/1.55 ui-monospace, "DejaVu Sans Mono", monospace; }
.row b { font-weight: 600; } .row em { color: var(--accent); font-style: normal; font-weight: 600; }
.row small { color: var(--dim); font-size: 12px; display: block; padding-left: 4.2rem; }
.row span { display: inline-block; min-width: 3.4rem; color: var(--dim); }
.token { display: inline-block; border: 1px solid var(--line); border-radius: 3px; padding: 0 .35rem; margin: 0 .25rem .25rem 0; }
.token small { display: inline; padding: 0; }
table { border-collapse: collapse; margin: 0 1.2rem; } td { padding: 0 .9rem 0 0; vertical-align: top; } td:first-child { color: var(--dim); }
.marked { background: var(--mark); }
"""

SCRIPT = """
const lines = [...document.querySelectorAll('[data-line]')];
const tabs = [...document.querySelectorAll('nav button')];
function show(stage) {
  for (const tab of tabs) tab.setAttribute('aria-selected', tab.dataset.stage === stage);
  for (const section of document.querySelectorAll('section')) section.hidden = section.id !== stage;
  const first = document.querySelector(`#${stage} .marked`);
  if (first) first.scrollIntoView({block: 'center'});
}
function mark(line, from) {
  for (const element of lines) element.classList.toggle('marked', element.dataset.line === line);
  for (const part of document.querySelectorAll('#source, section:not([hidden])')) {
    const first = part.querySelector('.marked');
    if (first && !part.contains(from)) first.scrollIntoView({block: 'center'});
  }
}
for (const tab of tabs) tab.onclick = () => show(tab.dataset.stage);
for (const element of lines) element.onclick = () => mark(element.dataset.line, element);
// The address may name a stage (#values) or a line (#L12).
const place = location.hash.slice(1);
show((tabs.find(tab => tab.dataset.stage === place) || tabs.find(tab => tab.dataset.stage === 'code') || tabs[0]).dataset.stage);
if (/^L\\d+$/.test(place)) mark(place.slice(1), null);
"""


def row(line, content):
    return f'<div class="row" data-line="{line}">{content}</div>'


def table(rows):
    return "<table>" + "".join(f"<tr><td>{escape(label)}</td><td>{escape(text)}</td></tr>" for label, text in rows) + "</table>"


def tokens_html(made):
    lines = {}
    for token in made.tokens:
        kind = escape(token.kind)
        lines.setdefault(token.line, []).append(f'<span class="token"><small>{kind}</small> {escape(token.text)}</span>')
    return "".join(row(line, f"<span>{line}</span>" + "".join(tokens)) for line, tokens in lines.items())


def tree_html(made):
    parts = []
    for node in made.tree:
        label, colon, rest = node.text.partition(": ")
        kind, space, fields = (rest if colon else label).partition(" ")
        head = escape(label + colon) if colon else ""
        parts.append(row(node.line, f"<span>{node.line}</span>{'  ' * node.depth}{head}<b>{escape(kind)}</b>{escape(space + fields)}"))
    return "".join(parts)


def code_html(made):
    parts = []
    for listing in made.code:
        parts.append(f"<h2>{escape(listing.name)} <small>registers: {escape(listing.registers)}</small></h2>")
        for one in listing.instructions:
            became = f" → <em>{escape(one.became)}</em>" if one.became else ""
            ran = f"  ×{one.times}" if one.times else ""
            details = "".join(f"<small>{text}: {escape(value)}</small>" for text, value in (("types", one.types), ("cache", one.cache)) if value)
            parts.append(f'<div class="row" data-line="{one.line}" title="{escape(one.meaning)}"><span>{one.at}</span><b>{escape(one.general)}</b>{became} '
                         f"{escape(one.operands)}{ran}{details}</div>")
        parts.extend(f'<div class="row">{escape(text)}</div>' for text in listing.handlers)
    return "".join(parts)


def values_html(made):
    return "".join(f"<h2>{escape(name)}</h2>{table(layout.rows())}" for name, layout in made.values) or "<p>The module has no variables.</p>"


def arrays_html(made):
    return table(made.arrays) if made.arrays else "<p>The program used none.</p>"


PARTS = {"tokens": tokens_html, "tree": tree_html, "code": code_html, "values": values_html, "arrays": arrays_html}


def source_html(made):
    """The lines, with the more colour at the margin the more often their instructions ran."""
    times = {}
    for listing in made.code:
        for one in listing.instructions:
            times[one.line] = max(times.get(one.line, 0), one.times)
    most = max(times.values(), default=0).bit_length()
    parts = []
    for number, text in enumerate(made.lines, 1):
        often = times.get(number, 0)
        style = f' style="border-color: color-mix(in srgb, var(--hot) {100 * often.bit_length() // most}%, var(--line))"' if often else ""
        title = f' title="ran {often} times"' if often else ""
        parts.append(f'<div data-line="{number}"{title}><i{style}>{number}</i>{escape(text)}</div>')
    return "".join(parts)


def page_of(made, stages):
    shown = [stage for stage in STAGES if stage in stages]
    tabs = "".join(f'<button data-stage="{stage}" role="tab">{TITLES[stage]}</button>' for stage in shown)
    sections = "".join(f'<section id="{stage}" role="tabpanel"><p>{NOTES[stage]}</p>{PARTS[stage](made)}</section>' for stage in shown)
    name = escape(made.filename)
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f"<title>{name}, stage by stage</title><style>{STYLE}</style></head>\n<body>"
            f'<header><h1>{name}</h1><nav role="tablist">{tabs}</nav></header>\n<main><div id="source">{source_html(made)}</div>\n'
            f"<div style=\"min-height:0;display:grid\">{sections}</div></main>\n<script>{SCRIPT}</script></body></html>\n")
