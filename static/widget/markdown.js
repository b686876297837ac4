// Markdown, as much as an answer needs. Elements are made one by one, no HTML is parsed, and a link is made for http and
// https alone. `how.mark` makes the element for a source's number, `how.label` names a table that scrolls.

import { el } from "./dom.js";

const INLINE = /\\([\\`*_[\](){}#+.!~|>-])|(`+)([^`]{1,2000})\2|!\[([^\]]{0,500})\](?:\([^)]{0,2000}\)|\[[^\]]{0,200}\])?|\[([^[\]]{1,500})\]\(\s*<?([^\s()<>]{1,2000}(?:\([^\s()<>]{0,500}\))?)>?[^)]{0,300}\)|<(https?:\/\/[^\s<>]{1,2000})>|(https?:\/\/[^\s<>()[\]"'`*]{1,2000})|\[(\d{1,3})\]|(\*\*|__)(\S|\S[^]{0,1500}?\S)\10|([*_])([^\s*_]|[^\s*_][^*_]{0,1500}?[^\s*_])\12/gi;

export function link(label, address) {
  let url;
  try { url = new URL(address); } catch { return null; }
  if (!/^https?:$/.test(url.protocol) || url.username || url.password) return null;
  const bare = (text) => text.replace(/^https?:\/\//i, "").replace(/\/$/, "").toLowerCase();
  const made = el("a", { href: url.href, target: "_blank", rel: "noopener noreferrer", text: label });
  if (bare(label) !== bare(url.href)) made.append(el("bdi", { class: "host", text: ` (${url.host})` }));
  return made;
}
function inline(text, into, how, depth = 0) {
  let at = 0, found;
  const pattern = new RegExp(INLINE);
  while ((found = pattern.exec(text))) {
    const [all, escaped, , code, alt, label, address, pointed, url, mark, , strong, slant, emphasis] = found;
    const bare = url && url.replace(/[.,;:!?]+$/, "");
    let made = null;
    if (escaped) made = escaped;
    else if (code) made = el("code", { text: code });
    else if (alt != null) made = alt; // a picture is never loaded
    else if (label) made = link(label.replace(/[*`]/g, ""), address) || label;
    else if (pointed || url) made = link(pointed || bare, pointed || bare);
    else if (mark) made = how.mark && how.mark(mark);
    else if (depth < 3 && (strong || (emphasis && !(slant === "_" && /\w/.test(text[found.index - 1] || ""))))) {
      made = el(strong ? "strong" : "em");
      inline(strong || emphasis, made, how, depth + 1);
    }
    if (made == null) { pattern.lastIndex = found.index + 1; continue; }
    const length = url ? bare.length : all.length;
    into.append(text.slice(at, found.index), made);
    at = pattern.lastIndex = found.index + length;
  }
  into.append(text.slice(at));
}
const ITEM = /^(\s*)(?:[-*+•]|(\d{1,4})[.)])\s+(.*)$/;
function list(lines, how) {
  const [, indent, first] = ITEM.exec(lines[0]);
  const made = el(first ? "ol" : "ul", first && first !== "1" ? { start: first } : {});
  let item, inner = [];
  const close = () => { if (inner.length) blocks(inner.join("\n"), item, how); inner = []; };
  for (const line of lines) {
    const head = ITEM.exec(line);
    if (head && head[1].length <= indent.length) {
      close();
      made.append(item = el("li"));
      inline(head[3], item, how);
    } else inner.push(line.slice(indent.length).replace(/^\s{1,4}/, ""));
  }
  close();
  return made;
}
function table(rows, how) {
  const made = el("table");
  rows.filter((row, at) => at !== 1).forEach((row, at) => {
    const line = el("tr");
    for (const text of row.trim().replace(/^\||\|$/g, "").split("|")) {
      const cell = el(at ? "td" : "th", at ? {} : { scope: "col" });
      inline(text.trim(), cell, how);
      line.append(cell);
    }
    made.append(line);
  });
  return el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": how.label }, made);
}
export function blocks(text, into, how = {}) {
  const lines = text.split("\n");
  const until = (from, test) => { let end = from; while (end < lines.length && test(lines[end], end)) end++; return end; };
  for (let at = 0; at < lines.length;) {
    const line = lines[at];
    let end = at + 1;
    if (!line.trim()) { at++; continue; }
    if (/^\s*(```|~~~)/.test(line)) {
      end = until(at + 1, (next) => !/^\s*(```|~~~)\s*$/.test(next));
      into.append(el("pre", { tabindex: "0" }, el("code", { text: lines.slice(at + 1, end++).join("\n") })));
    } else if (ITEM.test(line)) {
      end = until(at + 1, (next, i) => ITEM.test(next) || /^\s{2,}\S/.test(next) || (!next.trim() && ITEM.test(lines[i + 1] || "")));
      into.append(list(lines.slice(at, end).filter((next) => next.trim()), how));
    } else if (/^\s*\|.*\|\s*$/.test(line) && /^[\s|:-]*-[\s|:-]*$/.test(lines[at + 1] || "")) {
      end = until(at + 1, (next) => /^\s*\|/.test(next));
      into.append(table(lines.slice(at, end), how));
    } else if (/^\s*>/.test(line)) {
      end = until(at, (next) => /^\s*>/.test(next));
      const quote = el("blockquote");
      blocks(lines.slice(at, end).map((next) => next.replace(/^\s*>\s?/, "")).join("\n"), quote, how);
      into.append(quote);
    } else if (/^\s*([-*_]\s*){3,}$/.test(line)) into.append(el("hr"));
    else {
      const head = /^\s*#{1,6}\s+(.*?)\s*#*$/.exec(line);
      end = head ? end : until(at + 1, (next) => next.trim() && !ITEM.test(next) && !/^\s*(```|~~~|>|#{1,6}\s)/.test(next));
      const part = el("p", head ? { class: "head" } : {});
      (head ? [head[1]] : lines.slice(at, end)).forEach((next, i) => {
        if (i) part.append(el("br"));
        inline(next, part, how);
      });
      into.append(part);
    }
    at = end;
  }
}
