"""A model card as one HTML page: nothing is fetched, light and dark."""

from html import escape

from signals_svc.domain.model_card.parts import Card, Section, Sheet

STYLE = """
:root{color-scheme:light dark;--bg:#fff;--ink:#1f2328;--soft:#59636e;--line:#d1d9e0;--pane:#f6f8fa;
--good:#1a7f37;--bad:#cf222e}
@media (prefers-color-scheme:dark){:root{--bg:#0d1117;--ink:#e6edf3;--soft:#9198a1;--line:#30363d;
--pane:#161b22;--good:#3fb950;--bad:#f85149}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--ink);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:860px;margin:0 auto;padding:40px 24px 64px}
h1{font-size:28px;line-height:1.2;margin:0}h2{font-size:19px;margin:44px 0 6px}
.version{font:14px ui-monospace,monospace;color:var(--soft);margin:6px 0 22px}
.verdict{border-left:4px solid var(--bad);background:var(--pane);padding:12px 16px;margin:0 0 22px}
.verdict.passed{border-color:var(--good)}.verdict p{margin:4px 0}
dl{display:flex;flex-wrap:wrap;gap:1px;margin:0 0 22px;
background:var(--line);border:1px solid var(--line);border-radius:8px;overflow:hidden}
dl div{flex:1 1 180px;background:var(--bg);padding:10px 14px}dt{font-size:13px;color:var(--soft)}
dd{margin:2px 0 0;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
p.words{color:var(--soft);margin:0 0 14px;max-width:70ch}figure{margin:0;overflow-x:auto}
figure svg{width:100%;min-width:480px;height:auto;display:block}
table{border-collapse:collapse;width:100%;font-size:14px;margin:14px 0 0}
th,td{padding:6px 10px;border-bottom:1px solid var(--line);text-align:right;
font-variant-numeric:tabular-nums}th:first-child,td:first-child{text-align:left}
th{color:var(--soft);font-weight:500}ul.caveats{padding-left:20px;margin:0}
footer{margin-top:48px;color:var(--soft);font-size:13px}
"""


def card_html(card: Card) -> str:
    """The whole page."""
    passed = " passed" if card.passed else ""
    verdict = "".join(f"<p>{escape(line)}</p>" for line in card.verdict.split("; "))
    facts = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in card.facts
    )
    caveats = "".join(f"<li>{escape(words)}</li>" for words in card.caveats)
    sections = "".join(map(_section, card.sections))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(card.title)} {escape(card.version)}</title><style>{STYLE}</style></head>"
        f'<body><main><h1>{escape(card.title)}</h1><p class="version">{escape(card.version)}</p>'
        f'<div class="verdict{passed}">{verdict}</div><dl>{facts}</dl>'
        f'<h2>What to keep in mind</h2><ul class="caveats">{caveats}</ul>{sections}'
        "<footer>Estimates from past sales, not investment advice.</footer></main></body></html>\n"
    )


def _section(section: Section) -> str:
    plot = f"<figure>{section.plot.svg}</figure>" if section.plot else ""
    sheet = _sheet(section.sheet) if section.sheet else ""
    return (
        f"<section><h2>{escape(section.heading)}</h2>"
        f'<p class="words">{escape(section.words)}</p>{plot}{sheet}</section>'
    )


def _sheet(sheet: Sheet) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in sheet.columns)
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in sheet.rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
