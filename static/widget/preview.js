// The widget in the dashboard: its look comes from the page, and follows what is typed there.

import { guarded } from "./dom.js";

// `known` draws the frame of a look, `load` brings the chat into it.
export function start(frame, known, load) {
  const redraw = (look) => {
    known(look);
    if (frame.redrawn) frame.redrawn();
  };
  document.addEventListener("parley:look", guarded((event) => redraw({ ...frame.look, ...event.detail })));
  redraw(JSON.parse(document.querySelector(frame.given.look).textContent));
  document.dispatchEvent(new Event("parley:shown")); // what was typed before that was missed
  return load();
}
