// Where a person's answer reaches who leaves: asked once while a person is expected, and only who wants to says it.

import { button, el } from "./dom.js";
import { call } from "./server.js";

export function ask(talk) {
  const { T, frame, view, session } = talk, key = `${frame.key}:contact`;
  if (talk.contact || !talk.expected() || skipped(key) === session) return;
  const field = el("input", {
    type: "email", autocomplete: "email", maxlength: 254, required: true, dir: "ltr", "aria-label": T.contact_email, placeholder: T.contact_email,
    oninput: () => say(""),
  });
  const wrong = el("p", { class: "error", role: "alert" });
  const say = (text) => {
    wrong.textContent = text;
    field.setAttribute("aria-invalid", String(Boolean(text)));
  };
  const done = (...left) => {
    view.focus(); // what was pressed goes
    form.replaceChildren(...left);
    form.hidden = !left.length;
  };
  const skip = () => {
    try { localStorage.setItem(key, session); } catch { /* then it is asked again on the next page */ }
    done();
  };
  const form = talk.contact = el("form", {
    class: "contact", novalidate: true, "aria-label": T.contact_email,
    onsubmit: async (event) => {
      event.preventDefault();
      const email = field.value.trim();
      if (!email || !field.checkValidity()) { say(T.contact_wrong); return field.focus(); }
      try {
        await call(`${talk.address(session)}/contact`, { method: "POST", body: JSON.stringify({ email }) });
      } catch (error) {
        say(error.code === "invalid" ? T.contact_wrong : T.failed);
        return field.focus();
      }
      done(el("p", { class: "said", text: T.contact_kept }));
      view.announce(T.contact_kept);
    },
  }, el("p", { text: T.contact }), field, el("div", { class: "chips" }, el("button", { type: "submit", class: "plain", text: T.send }), button(T.contact_skip, skip)), wrong);
  const follow = view.atEnd();
  view.log.append(form);
  if (follow) view.toEnd();
}

function skipped(key) {
  try { return localStorage.getItem(key); } catch { return null; }
}
