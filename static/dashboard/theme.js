// Runs before the first paint, so that a page never flashes in the other theme.
(() => {
  try {
    const chosen = localStorage.getItem("parley-theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    // Storage may be switched off; the system's choice holds then.
  }
})();
