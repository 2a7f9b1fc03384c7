"""The look of pages: one style sheet for tables and report, light and dark, screen and print."""

from __future__ import annotations

CONTENT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
)

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --paper: #ffffff; --line: #c9d1d9;
  --wash: #f3f5f8; --accent: #005a9c; --good: #116329; --care: #7a4d00; --bad: #a40e26; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #a3adb8; --paper: #12161b; --line:
  #3b444e;
  --wash: #1c222a; --accent: #79b8ff; --good: #6fdd8b; --care: #f0b849; --bad: #ff8f8f; } }
* { box-sizing: border-box; }
html { font: 100%/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
body { margin: 0; color: var(--ink); background: var(--paper); }
main { max-width: 76rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: .2rem 0 1rem; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 .7rem; padding-top: .5rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.02rem; margin: 1.6rem 0 .4rem; }
p, li, dd { max-width: 46rem; overflow-wrap: anywhere; }
a { color: var(--accent); }
a:focus-visible, .scroll:focus-visible, summary:focus-visible { outline: 3px solid var(--accent);
  outline-offset: 2px; }
code, pre { font: .88em/1.5 ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", monospace; }
pre { background: var(--wash); border: 1px solid var(--line); border-radius: 6px; padding: .7rem .9rem;
  overflow-x: auto; }
figure { margin: 1rem 0 1.8rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; min-width: 24rem; }
caption { caption-side: top; text-align: left; font-weight: 600; padding: 0 0 .5rem; }
thead tr:first-child > * { border-top: 2px solid var(--ink); }
thead tr:last-child > * { border-bottom: 1px solid var(--ink); }
tbody:last-child tr:last-child > * { border-bottom: 2px solid var(--ink); }
tbody + tbody tr:first-child > * { border-top: 1px solid var(--line); }
th, td { padding: .22rem .55rem; vertical-align: baseline; }
table:has(thead tr:last-child > :nth-child(10)) { font-size: .8rem; }
table:has(thead tr:last-child > :nth-child(10)) :is(td, thead th) { padding: .22rem .38rem; }
th { font-weight: 500; text-align: left; }
thead th { font-weight: 600; vertical-align: bottom; }
th[scope=colgroup] { border-bottom: 1px solid var(--line); }
tbody th[scope=row] { min-width: 9rem; max-width: 24rem; }
.short { white-space: nowrap; }
tr.panel th { font-style: italic; padding-top: .6rem; }
tr.more td, tr.more th { padding-top: 0; color: var(--soft); }
.left { text-align: left; } .right { text-align: right; } .centre { text-align: center; }
td.right, td.centre { white-space: nowrap; }
.level1 { padding-left: 2rem; } .level2 { padding-left: 3.3rem; } .level3 { padding-left: 4.6rem; }
.notes { font-size: .82rem; color: var(--soft); max-width: 58rem; margin-top: .5rem; }
.notes p { margin: 0 0 .2rem; font-weight: 600; } .notes ul { margin: 0; padding-left: 1.1rem; }
.notes li { max-width: none; }
""".strip()

REPORT_STYLE = """
header { max-width: 76rem; margin: 0 auto; padding: 1.5rem 1.25rem 0; }
header + main { padding-top: 0; }
.study { color: var(--soft); margin: 0; font-size: .9rem; }
.banner { background: var(--care); color: var(--paper); font-weight: 700; padding: .5rem .9rem;
  border-radius: 6px;
  max-width: none; margin: 0 0 1rem; }
.answer { background: var(--wash); border: 1px solid var(--line); border-radius: 10px; padding: .3rem 1.3rem
  1rem; }
.answer h2 { border: 0; margin: .6rem 0 .2rem; padding: 0; font-size: .95rem; color: var(--soft);
  font-weight: 600; }
.question { font-size: 1.12rem; margin: .2rem 0 .6rem; }
.sentence { font-size: 1.12rem; font-weight: 500; margin: .4rem 0; }
.verdict { display: inline-block; padding: .05rem .6rem; margin-right: .35rem; border-radius: 999px;
  font-weight: 700;
  border: 1.5px solid currentColor; font-size: .95rem; }
.verdict.good { color: var(--good); } .verdict.care { color: var(--care); } .verdict.bad { color:
  var(--bad); }
.reasons { margin: .3rem 0 .8rem; }
.numbers { display: flex; flex-wrap: wrap; gap: .6rem 2rem; margin: .9rem 0 .2rem; }
.numbers dt { font-size: .8rem; color: var(--soft); } .numbers dd { margin: 0; font-weight: 600;
  font-variant-numeric: tabular-nums; }
.facts div { display: grid; grid-template-columns: minmax(9rem, 14rem) 1fr; gap: .3rem 1rem; padding: .15rem
  0; }
.facts dt { color: var(--soft); } .facts dd { margin: 0; overflow-wrap: anywhere; max-width: none; }
.switches { display: flex; flex-wrap: wrap; gap: .4rem 1.4rem; align-items: center; font-size: .85rem;
  margin: 0 0 .9rem; }
.switches select, .copy button { font: inherit; color: inherit; background: var(--wash);
  border: 1px solid var(--line); border-radius: 5px; padding: .1rem .45rem; }
.copy { margin: .5rem 0 0; font-size: .8rem; display: flex; gap: .5rem; }
button.sort { font: inherit; font-weight: 600; color: inherit; background: none; border: 0; padding: 0;
  cursor: pointer; text-align: inherit; text-decoration: underline dotted; text-underline-offset: 3px; }
[aria-sort=ascending] button::after { content: " \\2191"; } [aria-sort=descending] button::after { content: " \\2193"; }
:is(button, select, input):focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.drawing .paper { background: #ffffff; border: 1px solid var(--line); border-radius: 8px; padding: .6rem;
  max-width: 48rem; }
.drawing svg { display: block; width: 100%; height: auto; }
figcaption { font-size: .9rem; max-width: 46rem; margin-top: .5rem; }
.drawing details { margin-top: .4rem; font-size: .9rem; }
summary { cursor: pointer; color: var(--accent); }
.soft { color: var(--soft); }
.warnings li { margin-bottom: .3rem; }
@media print { body { background: #ffffff; color: #000000; } main, header { max-width: none; padding-left: 0;
  padding-right: 0; } .switches, .copy { display: none; }
  .scroll { overflow: visible; } h2 { break-after: avoid; } .drawing { break-inside: avoid; }
  tr { break-inside: avoid; } table { font-size: .72rem; } pre { white-space: pre-wrap; } }
@media (prefers-reduced-motion: reduce) { * { animation: none; transition: none; } }
""".strip()
