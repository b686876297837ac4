// The first run's small convenience: fields and buttons that belong to a choice.

for (const form of document.querySelectorAll("[data-choice]")) {
  const show = () => {
    const chosen = new FormData(form).get(form.dataset.choice);
    const parts = [...form.querySelectorAll("[data-when], [data-unless]"), ...[...form.elements].filter((each) => !form.contains(each))];
    for (const part of parts) {
      if (part.dataset.when) part.hidden = part.dataset.when !== chosen;
      if (part.dataset.unless) part.hidden = part.dataset.unless === chosen;
    }
  };
  form.addEventListener("change", show);
  show();
}
