// SPDX-License-Identifier: Apache-2.0

#include "measure/report/html_style.h"

namespace trestle::measure {

const char* const kStyle = R"css(
:root {
  color-scheme: light dark;
  --paper: #fbfbfa; --card: #ffffff; --ink: #1b1f24; --soft: #59636e; --rule: #e3e5e8;
  --grid: #eceef0; --base: #9aa4ae; --accent: #0067a8; --zebra: #f6f7f8;
  --s0: #0067a8; --s1: #c2500a; --s2: #00805c; --s3: #a0468a; --s4: #8a6d00; --s5: #4a5a9a;
  --ceiling: #6b7580;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #111418; --card: #181c21; --ink: #e4e7eb; --soft: #9aa4af; --rule: #2b3138;
    --grid: #262b32; --base: #5d6873; --accent: #5ab4f0; --zebra: #1d2228;
    --s0: #56b4e9; --s1: #f0934a; --s2: #3fc79a; --s3: #e29acb; --s4: #e0c24a; --s5: #a9b5f2;
    --ceiling: #95a0ab;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
}
main, header.top { max-width: 1200px; margin: 0 auto; padding: 0 24px; }
header.top { padding-top: 40px; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 6px; letter-spacing: -0.01em; }
h2 { font-size: 21px; margin: 0 0 4px; letter-spacing: -0.005em; }
h3 { font-size: 17px; margin: 36px 0 2px; }
p { margin: 4px 0 12px; max-width: 85ch; }
header.top p { max-width: none; margin: 2px 0; }
.soft, .meaning, figcaption small { color: var(--soft); }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
code, pre { font-family: ui-monospace, "Cascadia Mono", "Liberation Mono", Menlo, monospace; }
code { font-size: 0.92em; }
pre.command {
  background: var(--card); border: 1px solid var(--rule); border-radius: 6px; padding: 10px 14px;
  font-size: 13.5px; overflow-x: auto; margin: 14px 0;
}
nav { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 18px 0 0; font-size: 14px; }
nav b { font-weight: 600; color: var(--soft); margin-right: -8px; }
section { margin: 40px 0; border-top: 1px solid var(--rule); padding-top: 24px; }
dl.facts {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(210px, 1fr)); gap: 14px 24px;
  margin: 18px 0;
}
dl.facts div { min-width: 0; }
dl.facts dt, dl.words dt { font-size: 12px; color: var(--soft); }
dl.facts dd { margin: 0; font-size: 14.5px; overflow-wrap: anywhere; }
dl.words { columns: 2; column-gap: 40px; font-size: 14px; }
dl.words div { break-inside: avoid; margin-bottom: 12px; }
dl.words dt { font-size: 14px; color: var(--ink); font-weight: 600; }
dl.words dd { margin: 0; color: var(--soft); }
ul.switches { list-style: none; padding: 0; margin: 16px 0; display: grid; gap: 6px 32px;
  grid-template-columns: repeat(auto-fill, minmax(320px, 1fr)); font-size: 14px; }
ul.switches li { display: flex; gap: 10px; align-items: baseline; }
ul.switches svg { flex: none; width: 34px; height: 12px; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 500px), 1fr));
  gap: 18px; margin: 16px 0; }
figure {
  margin: 0; background: var(--card); border: 1px solid var(--rule); border-radius: 8px;
  padding: 16px 18px 12px; break-inside: avoid; min-width: 0;
}
figure.wide { margin: 16px 0; overflow-x: auto; }
.plots figure:only-child { max-width: 640px; }
figcaption { font-size: 14.5px; font-weight: 600; margin-bottom: 10px; }
figcaption small { font-weight: 400; font-size: 13px; }
figure svg { display: block; width: 100%; height: auto; }
figure.wide svg { min-width: 720px; max-width: 1060px; }
.note { border-left: 3px solid var(--s1); background: var(--card); padding: 8px 14px;
  margin: 14px 0; font-size: 14px; }
.table { overflow-x: auto; margin: 14px 0; }
table { border-collapse: collapse; font-size: 13.5px; font-variant-numeric: tabular-nums; width: 100%; }
th, td { text-align: left; padding: 5px 14px 5px 0; border-bottom: 1px solid var(--rule);
  vertical-align: baseline; }
th { font-weight: 600; }
thead th { color: var(--soft); font-weight: 500; font-size: 12.5px; white-space: nowrap; }
tbody th { font-weight: 400; white-space: nowrap; }
tr.metric th { font-weight: 600; padding-top: 14px; border-bottom-color: var(--base); }
td .range { color: var(--soft); font-size: 12.5px; white-space: nowrap; }
td .median, td .ratio { white-space: nowrap; }
td .ratio { font-weight: 600; margin-left: 6px; }
p.footnote { font-size: 12.5px; color: var(--soft); margin: 2px 0; }
sup { font-size: 10px; line-height: 0; color: var(--soft); margin-left: 2px; }
table.records td { font-size: 12.5px; }
details { margin: 14px 0; }
summary { cursor: pointer; font-size: 14px; color: var(--accent); }
footer { color: var(--soft); font-size: 13px; padding: 24px 0 48px; }
svg text { font-family: inherit; fill: var(--ink); }
svg .tick, svg .tiny { font-size: 12px; fill: var(--soft); font-variant-numeric: tabular-nums; }
svg .tiny { font-size: 10.5px; }
svg .axis-title { font-size: 12px; fill: var(--soft); }
svg .name { font-size: 12.5px; font-weight: 600; fill: var(--c, var(--ink)); }
svg .group { font-size: 13px; }
svg .value { font-size: 12.5px; font-variant-numeric: tabular-nums; }
svg .strong { font-weight: 600; }
svg .grid { stroke: var(--grid); stroke-width: 1; }
svg .base { stroke: var(--base); stroke-width: 1; }
svg .bar { fill: var(--c); }
svg .line { fill: none; stroke: var(--c); stroke-width: 2; stroke-linejoin: round; }
svg .dot { fill: var(--c); stroke: var(--card); stroke-width: 1.2; }
svg .whisker { stroke: var(--c); stroke-width: 1.4; }
svg .over { stroke: var(--ink); stroke-width: 1.2; }
svg .leader { fill: none; stroke: var(--c); stroke-width: 1; opacity: 0.6; }
svg .limit { stroke: var(--ceiling); stroke-width: 1.5; stroke-dasharray: 5 4; }
svg .ridge { fill: var(--c); fill-opacity: 0.28; stroke: var(--c); stroke-width: 1.2;
  stroke-linejoin: round; }
svg .percentile { stroke: var(--c); stroke-width: 2; }
.s0 { --c: var(--s0); } .s1 { --c: var(--s1); } .s2 { --c: var(--s2); }
.s3 { --c: var(--s3); } .s4 { --c: var(--s4); } .s5 { --c: var(--s5); }
.ceiling { --c: var(--ceiling); }
.s1 .line { stroke-dasharray: 9 3; } .s2 .line { stroke-dasharray: 3 3; }
.s3 .line { stroke-dasharray: 9 3 2 3; } .s4 .line { stroke-dasharray: 14 4; }
.s5 .line { stroke-dasharray: 2 5; }
.ceiling .line { stroke-dasharray: 5 4; stroke-width: 1.5; }
.ceiling .bar { fill: var(--ceiling); fill-opacity: 0.2; stroke: var(--ceiling);
  stroke-dasharray: 5 4; }
.ceiling .name { font-weight: 400; }
@media (max-width: 640px) { dl.words { columns: 1; } main, header.top { padding: 0 14px; } }
@media print {
  @page { margin: 14mm; }
  :root {
    color-scheme: light;
    --paper: #fff; --card: #fff; --ink: #000; --soft: #444; --rule: #bbb; --grid: #ddd;
    --base: #777; --accent: #000; --zebra: #fff;
    --s0: #0067a8; --s1: #c2500a; --s2: #00805c; --s3: #a0468a; --s4: #8a6d00; --s5: #4a5a9a;
    --ceiling: #666;
  }
  body { font-size: 10.5pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main, header.top { max-width: none; padding: 0; }
  nav, details.raw { display: none; }
  .plots { grid-template-columns: 1fr 1fr; gap: 10px; }
  .plots figure { padding: 10px; }
  figure.wide svg { min-width: 0; }
  details.more::details-content { content-visibility: visible; display: block; }
  details.more > summary { display: none; }
  h2, h3 { break-after: avoid; }
  tr, figure { break-inside: avoid; }
}
)css";

}  // namespace trestle::measure
