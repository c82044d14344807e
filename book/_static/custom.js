// What the theme leaves out of its sidebars, which are dialogs on narrow screens, of its boxes that scroll, and of its search.
document.addEventListener("DOMContentLoaded", () => {
  for (const name of ["primary", "secondary"]) {
    const dialog = document.getElementById(`pst-${name}-sidebar-modal`);
    const toggle = document.querySelector(`.${name}-toggle`);
    if (!dialog || !toggle) continue;
    let keyboard = false;
    let followed = false;
    toggle.addEventListener("click", ({ detail }) => { keyboard = detail === 0; }, true);
    dialog.addEventListener("click", ({ target }) => {
      followed = target.closest("a[href^='#']") !== null; // a link to a place on this page, which the dialog covers
      if (followed) dialog.close();
    });
    dialog.addEventListener("close", () => {
      if (keyboard && !followed) toggle.focus(); // the theme drops it, and Tab would start anew at the top of the page
      followed = false;
    });
  }
  // The theme makes its own boxes reachable by keyboard when they scroll; an output shown on another page is none of them.
  const resized = new ResizeObserver((entries) => {
    for (const { target } of entries) target.tabIndex = target.scrollWidth > target.clientWidth ? 0 : -1;
  });
  document.querySelectorAll(":not(.cell_output) > .output").forEach((output) => resized.observe(output));
  // What the search quotes from a page is its text; the theme's main part begins with buttons and the list of contents.
  if (typeof Search !== "undefined") {
    const whole = Search.htmlToText;
    Search.htmlToText = (html, anchor) => {
      const article = new DOMParser().parseFromString(html, "text/html").querySelector("main article");
      return whole(article ? `<main role="main">${article.outerHTML}</main>` : html, anchor);
    };
  }
});
