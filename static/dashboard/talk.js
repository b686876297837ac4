// A link to one message (#message-12) lands there, also where the page shows a later part of the talk.

const named = /^#message-(\d{1,9})$/.exec(location.hash);
const tried = new URLSearchParams(location.search).has("at");
if (named && !tried && !document.getElementById(location.hash.slice(1))) {
  location.replace(`?at=${named[1]}${location.hash}`);
}

// The box for the answer: keys that send, and its height, so that nothing it stands over is jumped to.
const box = document.querySelector("[data-reply]");
if (box) {
  const field = box.elements.content;
  box.querySelector("[data-keys]").hidden = false;
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    box.requestSubmit();
  });
  new ResizeObserver(() => {
    document.documentElement.style.setProperty("--reply", `${box.offsetHeight + 24}px`);
  }).observe(box);
  if (location.hash === "#reply" || field.hasAttribute("aria-invalid")) {
    // After the browser has gone to the fragment itself, which takes the focus away.
    addEventListener("pageshow", () => requestAnimationFrame(() => {
      document.getElementById("reply").scrollIntoView({ behavior: "instant" });
      field.focus({ preventScroll: true });
    }), { once: true });
  }
}

// What is read stays where it is while earlier messages come above it; who is at the end stays there when one follows.
let kept = null;
let atEnd = false;

document.addEventListener("htmx:beforeSwap", (event) => {
  const first = document.querySelector(".said");
  kept = event.detail.target.id === "before" && first ? { first, top: first.getBoundingClientRect().top } : null;
  const end = document.getElementById("latest");
  atEnd = !kept && end !== null && end.getBoundingClientRect().top <= innerHeight;
});
document.addEventListener("htmx:afterSwap", () => {
  if (kept) scrollBy({ top: kept.first.getBoundingClientRect().top - kept.top, behavior: "instant" });
  else if (atEnd && document.getElementById("latest").getBoundingClientRect().top > innerHeight) {
    document.getElementById("latest").scrollIntoView({ behavior: "instant" });
  }
});
