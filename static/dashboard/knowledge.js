// Choosing rows of a list: all at once, and a button that waits for a choice.

function boxes(form) {
  return [...document.querySelectorAll(`input[type=checkbox][name=id][form="${form.id}"]`)];
}

function tell(form) {
  const all = boxes(form);
  const chosen = all.filter((box) => box.checked).length;
  for (const button of form.querySelectorAll("[data-needs-choice]")) button.disabled = chosen === 0;
  const head = document.querySelector(`[data-choose-all="${form.id}"]`);
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
    if (event.target.getAttribute("form") === form.id) tell(form);
  });
  document.addEventListener("htmx:afterSettle", () => tell(form));
  tell(form);
}
