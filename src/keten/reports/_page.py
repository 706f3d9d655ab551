"""The parts of the HTML page that do not change: style, script, and the picture of the chain."""

from base64 import b64encode
from hashlib import sha256
from html import escape

from keten.model.result import LinkSummary

# Colours hold a contrast of at least 4.5:1 on their ground (WCAG 2.2, 1.4.3), light and dark.
CSS = """
:root{--ground:#fff;--text:#1b1f24;--soft:#57606a;--line:#d0d7de;--panel:#f6f8fa;--fail:#b3141d;
--unknown:#7a4a00;--pass:#0f6a34;--none:#57606a;--focus:#0550ae}
@media(prefers-color-scheme:dark){:root{--ground:#0d1117;--text:#e6edf3;--soft:#9aa4af;
--line:#30363d;--panel:#161b22;--fail:#ff7b72;--unknown:#e3b341;--pass:#56d364;--none:#9aa4af;
--focus:#79c0ff}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1.5rem;background:var(--ground);color:var(--text);
font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}
p{margin:.25rem 0}.soft{color:var(--soft)}code,pre{font:.875em/1.45 ui-monospace,monospace}
pre{background:var(--panel);border:1px solid var(--line);padding:.5rem;overflow:auto;margin:.4rem 0}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;
padding:.35rem .5rem;border-bottom:1px solid var(--line)}th{font-weight:600}
td code{overflow-wrap:anywhere}
.fail,.critical,.high{color:var(--fail)}.unknown,.medium{color:var(--unknown)}
.pass{color:var(--pass)}.none,.low,.info{color:var(--soft)}.word{font-weight:600}
details{border-bottom:1px solid var(--line)}summary{padding:.45rem 0;cursor:pointer}
details>div{padding:0 0 .75rem 1rem}summary .where{color:var(--soft);display:block}
a,summary{outline-offset:2px}a{color:var(--focus)}
:focus-visible{outline:2px solid var(--focus)}
.chain{width:100%;height:auto;max-width:70rem;margin:1rem 0}
.chain rect{fill:var(--panel);stroke-width:2}.chain path{stroke:var(--line);stroke-width:2}
.chain text{fill:var(--text);font:600 13px system-ui,sans-serif;text-anchor:middle}
.chain .count{font-weight:400}
.chain .fail rect{stroke:var(--fail)}
.chain .unknown rect{stroke:var(--unknown);stroke-dasharray:5 3}
.chain .pass rect{stroke:var(--pass)}.chain .none rect{stroke:var(--line)}
.chain .fail .count{fill:var(--fail)}.chain .unknown .count{fill:var(--unknown)}
.chain .pass .count{fill:var(--pass)}.chain .none .count{fill:var(--none)}
.filters{display:flex;flex-wrap:wrap;gap:.75rem 1rem;margin:.5rem 0;align-items:center}
select,input{font:inherit;color:inherit;background:var(--ground);border:1px solid var(--soft);
padding:.2rem .4rem;border-radius:4px;min-height:1.75rem}
ol.first{padding-left:1.5rem}ol.first li{margin:.6rem 0}
[hidden]{display:none}
@media print{body{max-width:none;padding:0}.filters{display:none}details{break-inside:avoid}}
"""

# Without the script the page is whole; with it findings can be narrowed.
SCRIPT = """
(function(){var f=document.getElementById('filters');if(!f)return;f.hidden=false;
var s=document.getElementById('severity'),l=document.getElementById('link'),
t=document.getElementById('text'),o=document.getElementById('shown'),
r=[].slice.call(document.querySelectorAll('#findings details.one')),
k=[].slice.call(document.querySelectorAll('#findings details.kind'));
function go(){var n=0,q=t.value.toLowerCase();r.forEach(function(d){
var ok=(!s.value||d.dataset.severity===s.value)&&(!l.value||d.dataset.link===l.value)&&
(!q||d.textContent.toLowerCase().indexOf(q)>=0);d.hidden=!ok;if(ok)n++});
k.forEach(function(d){d.hidden=!d.querySelector('details.one:not([hidden])')});
o.textContent=n+' of '+r.length+' shown'}
[s,l,t].forEach(function(e){e.addEventListener('input',go)});go();
addEventListener('beforeprint',function(){r.concat(k).forEach(function(d){d.open=true})})})();
"""


def policy() -> str:
    """Return the page's Content-Security-Policy: nothing loads, only this script runs."""
    digest = b64encode(sha256(SCRIPT.encode()).digest()).decode()
    return (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


WIDE, HIGH, GAP, PER_ROW = 124, 56, 20, 5


def chain(links: tuple[LinkSummary, ...]) -> str:
    """Return the chain as SVG: two rows of five links, each with its verdict as a word."""
    rows = (len(links) + PER_ROW - 1) // PER_ROW
    width, height = PER_ROW * (WIDE + GAP) - GAP, rows * (HIGH + GAP) - GAP
    words = "; ".join(f"{link.name}: {_cell(link)}" for link in links)
    parts = [
        (
            f'<svg class="chain" viewBox="-2 -2 {width + 4} {height + 4}" role="img" '
            f'aria-label="The chain. {escape(words)}">'
        )
    ]
    for number, link in enumerate(links):
        row, column = divmod(number, PER_ROW)
        x, y = column * (WIDE + GAP), row * (HIGH + GAP)
        if column:
            parts.append(f'<path d="M{x - GAP} {y + HIGH // 2}h{GAP}"/>')
        elif row:
            across = width - WIDE // 2
            parts.append(
                f'<path fill="none" d="M{across} {y - GAP}v{GAP // 2}H{WIDE // 2}v{GAP // 2}"/>'
            )
        parts.append(
            f'<g class="{link.tone}">'
            f'<rect x="{x}" y="{y}" width="{WIDE}" height="{HIGH}" rx="8"/>'
            f'<text x="{x + WIDE // 2}" y="{y + 24}">{link.name}</text>'
            f'<text class="count" x="{x + WIDE // 2}" y="{y + 43}">{_cell(link)}</text></g>'
        )
    return "".join([*parts, "</svg>"])


def _cell(link: LinkSummary) -> str:
    more = f", ? {link.unknown}" if link.tone == "fail" and link.unknown else ""
    return f"{link.cell('UNKNOWN')}{more}"
