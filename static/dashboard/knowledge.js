// Choosing rows of a list: all at once, and a button that waits for a choice.

function takesAll(form) {
  return form.elements.all?.checked ?? false;
}

// Fields are found by their form: `form.id` would be the box that is called so.
function boxes(form) {
  return [...document.querySelectorAll("input[type=checkbox][name=id]")].filter((box) => box.form === form);
}

function tell(form) {
  const all = boxes(form);
  const chosen = all.filter((box) => box.checked).length;
  for (const button of form.querySelectorAll("[data-needs-choice]")) button.disabled = chosen === 0 && !takesAll(form);
  const head = document.querySelector(`[data-choose-all="${form.getAttribute("id")}"]`);
  if (head) {
    head.checked = chosen > 0 && chosen === all.length;
    head.indeterminate = chosen > 0 && chosen < all.length;
  }
}

for (const head of document.querySelectorAll("[data-choose-all]")) {
  const form = document.getElementById(head.dataset.chooseAll);
  head.hidden = false;
  head.addEventListener("change", () => {
    for (const box of boxes(form)) box.checked = head.checked;
    tell(form);
  });
  document.addEventListener("change", (event) => {
    if (event.target.form === form) tell(form);
  });
  document.addEventListener("htmx:afterSettle", () => tell(form));
  tell(form);
}

// Who reads inside the list stays at their row while rows come above it and others are drawn anew. The browser's own
// way to do that needs rows that stay, so the stylesheet turns it off here.
let kept = null;

document.addEventListener("htmx:beforeSwap", () => {
  const rows = document.getElementById("rows");
  kept = null;
  if (!rows || rows.getBoundingClientRect().top >= 0) return;
  const isSeen = (row) => row.getBoundingClientRect().bottom > 64 && row.getBoundingClientRect().top < innerHeight;
  const focused = document.activeElement?.closest("#rows > tr");
  const row = focused && isSeen(focused) ? focused : [...rows.children].find(isSeen);
  if (row) kept = { id: row.id, top: row.getBoundingClientRect().top };
});
document.addEventListener("htmx:afterSwap", () => {
  const row = kept && document.getElementById(kept.id);
  if (row) scrollBy({ top: row.getBoundingClientRect().top - kept.top, behavior: "instant" });
});
