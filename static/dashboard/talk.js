// A link to one message (#message-12) lands there, also where the page shows a later part of the talk.

const named = /^#message-(\d{1,9})$/.exec(location.hash);
const tried = new URLSearchParams(location.search).has("at");
if (named && !tried && !document.getElementById(location.hash.slice(1))) {
  location.replace(`?at=${named[1]}${location.hash}`);
}

// What is read stays where it is while earlier messages come above it.
let kept = null;

document.addEventListener("htmx:beforeSwap", (event) => {
  const first = document.querySelector(".said");
  kept = event.detail.target.id === "before" && first ? { first, top: first.getBoundingClientRect().top } : null;
});
document.addEventListener("htmx:afterSwap", () => {
  if (kept) scrollBy({ top: kept.first.getBoundingClientRect().top - kept.top, behavior: "instant" });
});
