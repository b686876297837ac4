// How the chat looks, and in which shade of the brand's colour. What the bubble and the frame need is in the loader.

const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const light = (color) => color
  .map((part) => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
  .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
const contrast = (a, b) => {
  const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
};
const GROUNDS = { light: ["#ffffff", "#f0f2f4"], dark: ["#15181c", "#242a31"] };
// The brand's colour, moved as far as it takes to be read on both grounds of a theme.
export function readable(color, theme) {
  if (!/^#[0-9a-f]{6}$/i.test(color)) return "currentColor";
  const end = theme === "dark" ? 255 : 0;
  let now = rgb(color);
  for (let step = 0; step < 40 && GROUNDS[theme].some((ground) => contrast(now, rgb(ground)) < 4.6); step++) {
    now = now.map((part) => Math.round(part + (end - part) * 0.08));
  }
  return `rgb(${now})`;
}

export const CSS = `
.root{--soft:#f0f2f4;--edge:#7d8793;--bad:#a8201a}
.dark{--soft:#242a31;--bad:#ffb4ab}
textarea{font:inherit;color:inherit}
.panel svg{width:20px;height:20px}
:focus-visible{outline-color:var(--accent)}
h2{line-height:1.3}
header :focus-visible{outline-color:var(--on);outline-offset:-3px}
.preview{display:flex;flex-direction:column;gap:12px;min-height:480px}
.launcher.unread::before{content:"";position:absolute;top:-2px;inset-inline-end:2px;width:14px;height:14px;border-radius:50%;background:#d32f2f;border:2px solid var(--bg)}
header img{width:32px;height:32px;object-fit:contain;border-radius:6px;background:#fff;margin-inline-end:6px}
.log{flex:1;overflow-y:auto;overscroll-behavior:contain;padding:16px;display:flex;flex-direction:column;gap:10px;min-height:0}
.log:focus-visible{outline-offset:-2px}
.start{display:flex;flex-direction:column;gap:10px}
.item{max-width:88%;border-radius:14px;padding:9px 13px;overflow-wrap:anywhere;flex:none}
.other{align-self:flex-start;background:var(--soft);border-end-start-radius:4px}
.user{align-self:flex-end;background:var(--brand);color:var(--on);border-end-end-radius:4px}
.user .text{white-space:pre-wrap}
.text>*{margin:0 0 8px}.text>:last-child{margin:0}
.text ul,.text ol,li ul,li ol{padding-inline-start:22px;margin-block:0 8px}
li ul,li ol{margin-block:2px}
.head{font-weight:600}
.author{display:block;font-size:13px;font-weight:600;color:var(--accent)}
a{color:var(--accent);text-decoration:underline;border-radius:2px}
.host{color:var(--mute);font-size:13px}
code{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre{overflow-x:auto;padding:8px 10px;background:var(--bg);border:1px solid var(--line);border-radius:8px}
pre code{white-space:pre}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:14px}th,td{border:1px solid var(--line);padding:3px 8px;text-align:start;overflow-wrap:normal}
hr{border:0;border-top:1px solid var(--line)}
blockquote{margin:4px 0;padding-inline-start:10px;border-inline-start:3px solid var(--accent)}
.mark{display:inline-grid;place-items:center;min-width:24px;height:24px;padding:0 5px;margin-inline:2px;border-radius:7px;border:1px solid var(--edge);background:var(--bg);color:var(--accent);font-size:12px;font-weight:600;line-height:1;vertical-align:baseline}
.sources{margin-top:8px;border-top:1px solid var(--line);font-size:13.5px}
summary{cursor:pointer;padding:6px 0;border-radius:4px;list-style-position:outside;display:flex;align-items:center;gap:6px}
summary::-webkit-details-marker{display:none}
details[open] summary{font-weight:600}
details blockquote{margin:0 0 8px;white-space:pre-wrap}
.where{margin:0 0 4px;color:var(--mute)}
.feedback{display:flex;flex-wrap:wrap;gap:4px;align-items:center;margin-top:6px}
.thumb{width:30px;height:30px;display:grid;place-items:center;border-radius:7px;color:var(--mute)}
.thumb svg{width:17px;height:17px}
.thumb[aria-pressed=true]{color:var(--accent);background:var(--bg)}
.thumb[aria-pressed=true] svg{fill:currentColor}
.feedback form{display:flex;gap:6px;width:100%;align-items:flex-end}
.feedback textarea{flex:1;min-width:0;padding:6px 8px;border:1px solid var(--edge);border-radius:8px;background:var(--bg);resize:vertical}
.offer{margin-top:8px}
.contact{display:grid;gap:8px;padding:10px 12px;border:1px solid var(--line);border-radius:12px}
.contact p{margin:0}
.contact input{min-width:0;padding:8px 12px;border:1px solid var(--edge);border-radius:12px;background:var(--bg);color:inherit;font:inherit;font-size:16px}
.said,.note,footer{color:var(--mute);font-size:13.5px}
.said{display:block}
.error{margin:0 0 6px;color:var(--bad)}
.plain{display:inline-block;min-height:32px;padding:3px 12px;border:1px solid var(--edge);border-radius:16px;color:var(--accent);background:var(--bg);font-size:13.5px}
.chips{display:flex;flex-wrap:wrap;gap:8px}
.chip{padding:7px 13px;border:1px solid var(--accent);border-radius:18px;color:var(--accent);background:var(--bg);text-align:start;overflow-wrap:anywhere}
.chip:hover,.plain:hover{background:var(--soft)}
.ask{display:flex;gap:8px;align-items:flex-end;padding:10px 12px;border-top:1px solid var(--line)}
.ask textarea{flex:1;min-width:0;max-height:140px;padding:9px 12px;border:1px solid var(--edge);border-radius:12px;background:var(--bg);resize:none;font-size:16px;line-height:1.4}
::placeholder{color:var(--mute);opacity:1}
[dir=rtl] .send svg{transform:scaleX(-1)}
.send{width:42px;height:42px;flex:none;display:grid;place-items:center;border-radius:12px;background:var(--brand);color:var(--on)}
footer{display:flex;flex-wrap:wrap;gap:4px 12px;align-items:center;justify-content:space-between;padding:0 14px 10px}
footer:empty{display:none}
.preview .panel{flex:1;min-height:0;border:1px solid var(--line);border-radius:16px}
.preview .launcher{position:static;align-self:flex-end}
.preview.left:not([dir=rtl]) .launcher,.preview.right[dir=rtl] .launcher{align-self:flex-start}
.page header .tool{display:grid}
.is-line span{color:inherit;animation:none}
.is-line{justify-content:flex-start;margin:0;border-top:1px solid var(--line)}
.hidden{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.dots{display:inline-block;width:26px;height:6px;margin:8px 2px;background:radial-gradient(circle,var(--mute) 3px,transparent 3.5px) 0 50%/10px 6px}
@media (prefers-reduced-motion:no-preference){.dots{animation:wait 1.2s infinite}@keyframes wait{50%{opacity:.35}}}
.page .log,.page .note,.page .ask,.page footer{width:100%;max-width:760px;margin-inline:auto}
.page .ask,.page .note{border-top:0}
@media (forced-colors:active){.launcher,.send,.user,.other,.chip,.plain,.mark{border:1px solid ButtonText}}`;
