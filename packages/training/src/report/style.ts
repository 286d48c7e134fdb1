/** Colours of series and classes, in the order in which they are given out; the style sheet defines both schemes. */
export const seriesColours: readonly string[] = Array.from({ length: 8 }, (_, i) => `var(--s${i + 1})`);

const light = `--page:#fbfbfa;--card:#ffffff;--ink:#1b1f24;--soft:#5b6470;--line:#dfe3e8;--grid:#eceff2;--warn:#8a4b00;--warnbg:#fff4e0;
--s1:#1f6fd1;--s2:#d9600a;--s3:#158457;--s4:#8446c4;--s5:#c22f4f;--s6:#0d8090;--s7:#8a6d00;--s8:#6b7280;`;
const dark = `--page:#14171b;--card:#1b1f25;--ink:#e8eaed;--soft:#9aa4b0;--line:#30363e;--grid:#272c33;--warn:#ffc266;--warnbg:#33270f;
--s1:#6aa9f7;--s2:#f79a54;--s3:#4cc38f;--s4:#b98af0;--s5:#f2748f;--s6:#4cc0cf;--s7:#d9b93b;--s8:#a3abb6;`;

/** The style sheet of every report. */
export const style = `
:root{color-scheme:light dark;${light}}
@media (prefers-color-scheme:dark){:root{${dark}}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
header,main{max-width:1080px;margin:0 auto;padding:0 24px}
header{padding-top:40px}
.brand{margin:0;color:var(--soft);font-size:13px;letter-spacing:.08em;text-transform:uppercase}
h1{margin:4px 0 0;font-size:32px;line-height:1.2;font-weight:650;letter-spacing:-.01em}
h2{margin:0 0 8px;font-size:21px;font-weight:620}
h3{margin:24px 0 8px;font-size:16px;font-weight:600}
p{max-width:75ch;margin:8px 0}
.subtitle{color:var(--soft)}
main{padding-bottom:64px}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:24px;margin:20px 0}
nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px;padding:0;margin:20px 0;font-size:14px}
a{color:var(--s1)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(165px,1fr));gap:12px;margin:24px 0 0}
.facts div{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 16px}
.facts dt{color:var(--soft);font-size:13px}
.facts dd{margin:2px 0 0;font-size:23px;font-weight:620;font-variant-numeric:tabular-nums;line-height:1.25}
.facts small{display:block;color:var(--soft);font-size:12.5px;font-weight:400;margin-top:2px}
figure{margin:16px 0;min-width:0}
figcaption{color:var(--soft);font-size:14px;margin-top:4px;max-width:75ch}
.chart-title{margin:0 0 4px;font-size:14px;font-weight:600}
.chart .legend{margin:0 0 4px}
.chart svg{max-width:100%;height:auto;display:block}
.chart text,svg.tile text{font-family:inherit}
.row{display:grid;grid-template-columns:repeat(auto-fit,minmax(420px,1fr));gap:8px 28px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:14px;font-variant-numeric:tabular-nums;margin:12px 0}
caption{text-align:left;color:var(--soft);padding-bottom:6px}
th,td{padding:5px 14px 5px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
thead th{color:var(--soft);font-weight:550;white-space:nowrap}
tbody th{font-weight:550}
.num{text-align:right;white-space:nowrap}
table.matrix td{text-align:center;min-width:74px;padding:8px 10px;border:2px solid var(--card)}
table.matrix caption{white-space:nowrap}
table.matrix th{border:0;padding:8px 10px 8px 0}
.strip{display:flex;flex-wrap:wrap;gap:16px}
.strip .frame{display:flex;flex-direction:column;gap:6px}
.strip .frame>p{margin:0;font-size:13px;color:var(--soft)}
.strip .tiles{display:flex;flex-wrap:wrap;gap:8px}
.strip .tiles div{font-size:12px;color:var(--soft);line-height:1.35}
svg.tile{display:block;border-radius:4px;background:#000}
svg.tile image{image-rendering:pixelated}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:13px;color:var(--soft);margin:8px 0}
.legend span::before{content:"";display:inline-block;width:12px;height:12px;border-radius:3px;background:var(--key);margin-right:6px;vertical-align:-1px}
pre{background:var(--page);border:1px solid var(--line);border-radius:8px;padding:12px 16px;overflow-x:auto;font-size:13px;line-height:1.5}
code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.warning{background:var(--warnbg);color:var(--warn);border-radius:8px;padding:10px 14px}
@media print{section{break-inside:avoid;border:0;padding:0}}
@media (max-width:520px){.row{grid-template-columns:1fr}}
`;
