// A figure that is pressed fills the window; Escape, a press or its button bring the page back.
document.addEventListener("DOMContentLoaded", () => {
  const figures = [...document.querySelectorAll("main article .cell_output img, main article figure img")];
  if (!figures.length || !window.HTMLDialogElement) return;
  const dialog = document.createElement("dialog");
  dialog.className = "enlarged";
  dialog.setAttribute("aria-label", "Figure, enlarged");
  const close = Object.assign(document.createElement("button"), { type: "button", textContent: "Close", className: "btn" });
  const image = new Image();
  dialog.append(close, image);
  dialog.addEventListener("click", () => dialog.close());
  document.body.append(dialog);
  for (const figure of figures) {
    figure.classList.add("can-enlarge");
    figure.tabIndex = 0;
    figure.setAttribute("role", "button");
    figure.title = "Enlarge";
    const open = () => {
      image.src = figure.src;
      image.alt = figure.alt;
      dialog.showModal();
    };
    figure.addEventListener("click", open);
    figure.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      open();
    });
  }
});
