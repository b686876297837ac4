// Elements and words. Whatever comes in is put in as text; there is no way from here to HTML.

export const warn = (text) => console.warn(`Parley: ${text}`);
// What turns the direction of other text around is no part of what anybody has to say.
export const plain = (text) => String(text == null ? "" : text).replace(/[\u202a-\u202e\u2066-\u2069]/g, "");
export const filled = (text, n) => text.replace("{n}", n);

export const guarded = (work) => (...event) => { // whatever goes wrong here stays here
  try {
    const done = work(...event);
    if (done && done.catch) done.catch((error) => warn(error.message));
    return done;
  } catch (error) { warn(error.message); }
};

export function el(tag, options = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (name === "text") made.textContent = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), guarded(value));
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

const ICONS = {
  send: "M5 12h13M12 5l7 7-7 7", stop: "M7 7h10v10H7z", fresh: "M12 5v14M5 12h14",
  up: "M7 11v9H4v-9zm0 0l4-8c2 0 3 1 3 3l-1 4h6l-2 10H7", down: "M17 13V4h3v9zm0 0l-4 8c-2 0-3-1-3-3l1-4H5L7 4h10",
};
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}
export const button = (text, onclick) => el("button", { type: "button", class: "plain", text, onclick });
export const tool = (name, text, onclick) => el("button", { type: "button", class: "tool", "aria-label": text, title: text, onclick }, icon(name));
