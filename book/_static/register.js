// The long tables of claims, errata, equations and faults: filters, sorting, and addresses of rows and of what is shown;
// pages, where no address leads to a row. Without this script the tables stand as they are.
document.addEventListener("DOMContentLoaded", async () => {
  for (const table of document.querySelectorAll(".bd-article table")) { // a chapter's part of the ledger, or of the errata
    if (!["claim", "erratum"].includes(table.tHead?.rows[0].cells[0].textContent.trim())) continue;
    table.parentElement.classList.add("cards");
    nameCells(table);
  }
  const boxes = [...document.querySelectorAll(".register")].filter((box) => box.querySelector("tbody tr"));
  if (!boxes.length) return;
  for (const box of boxes) nameCells(box);
  const home = `${document.documentElement.dataset.content_root}_static/datatables/`;
  for (const file of ["jquery.slim.min.js", "dataTables.min.js"]) {
    await new Promise((resolve) => document.head.append(Object.assign(document.createElement("script"), { src: home + file, onload: resolve, onerror: resolve })));
  }
  await window.MathJax?.startup?.promise; // rows that a filter has taken out would never be typeset
  if (window.DataTable) boxes.forEach((box, i) => enhance(box, i === 0));
});

// On a phone each row is a card: the names of its cells come from the head.
function nameCells(box) {
  const names = [...box.querySelectorAll("thead th")].map((th) => th.textContent.trim());
  for (const row of box.querySelectorAll("tbody tr")) [...row.cells].forEach((cell, i) => {
    cell.dataset.name = names[i];
    cell.classList.toggle("empty", !cell.textContent.trim());
  });
}

const ROWS = 25; // on a page

// What a row can be filtered by: the words of its cells.
const FILTERS = {
  paper: (row) => row.textContent.match(/\bPaper (?:III|II|I)\b/)?.[0],
  verdict: (row) => row.querySelector("td[data-name=verdict]")?.textContent.trim(),
  kind: (row) => row.querySelector("td[data-name=kind]")?.textContent.trim(),
  part: (row) => row.querySelector("td[data-name=where] code")?.textContent.replace(/^\w+\.py$/, "shared").split("/")[0],
  chapter: (row) => row.querySelector("td[data-name=where] a:last-of-type[href*='.html']:is(:not([href*='#']), [href$='#the-ledger'])")?.textContent.trim(),
};

function enhance(box, addressed) { // one table of a page has the address
  const table = box.querySelector("table");
  const rows = [...table.tBodies[0].rows];
  const shown = { q: "" };
  const controls = {};
  const form = document.createElement("form");
  form.className = "register-filters";
  form.setAttribute("role", "search");
  form.addEventListener("submit", (event) => event.preventDefault());
  const add = (name, control) => {
    const label = document.createElement("label");
    label.append(`${name === "q" ? "text" : name} `, control);
    form.append(label);
    controls[name] = control;
    control.addEventListener("input", () => { shown[name] = control.value; draw(true); });
  };
  for (const [name, read] of Object.entries(FILTERS)) {
    const values = [...new Set(rows.map(read).filter(Boolean))];
    if (values.length < 2) continue;
    const select = document.createElement("select");
    select.append(new Option("all", ""), ...values.map((value) => new Option(value, value)));
    add(name, select);
  }
  const text = Object.assign(document.createElement("input"), { type: "search", placeholder: "words or a key" });
  add("q", text);
  const count = Object.assign(document.createElement("output"), { className: "register-count" });
  form.append(count);
  box.prepend(form);
  const home = box.closest("section");
  for (const link of document.querySelectorAll('.bd-article a[href^="#"]:not(.headerlink, .permalink)')) {
    const target = document.getElementById(link.hash.slice(1));
    if (!home || (target !== home && !(target?.parentElement === home && target.matches("span")))) continue;
    link.addEventListener("click", (event) => { // “To the rows” leads past the words, to the filters
      event.preventDefault();
      form.scrollIntoView();
      form.querySelector("select, input").focus({ preventScroll: true, focusVisible: false });
    });
  }

  const own = rows.map((row) => Object.fromEntries(Object.entries(FILTERS).map(([name, read]) => [name, read(row) ?? ""])));
  const paged = box.matches(".paged");
  const data = new DataTable(table, {
    paging: paged, pageLength: ROWS, info: false, order: [], autoWidth: false,
    layout: { topStart: null, topEnd: null, bottomStart: null, bottomEnd: paged ? "paging" : null },
  });
  if (paged) {
    data.on("page", () => setTimeout(() => form.scrollIntoView())); // from the buttons, below the rows; after the drawing
    // Paper has all rows.
    window.addEventListener("beforeprint", () => data.page.len(-1).draw());
    window.addEventListener("afterprint", () => data.page.len(ROWS).draw());
  }
  data.search.fixed("filters", (_, __, i) => Object.keys(FILTERS).every((name) => !shown[name] || own[i][name] === shown[name]));
  const draw = (remember) => {
    data.search(shown.q ?? "").draw();
    const left = data.rows({ search: "applied" }).count();
    count.textContent = left === rows.length ? `${left} rows` : `${left} of ${rows.length} rows`;
    if (!remember || !addressed) return;
    const parts = Object.entries(shown).filter(([, value]) => value).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    history.replaceState(null, "", parts.length ? `#${parts.join("&")}` : location.pathname + location.search);
  };
  // What a reader has unfolded still is when they come back.
  const place = `unfolded in ${location.pathname}`;
  const unfolded = new Set(JSON.parse(sessionStorage.getItem(place) ?? "[]"));
  for (const row of rows) {
    const more = row.querySelector("details"), key = row.querySelector(".permalink")?.id;
    if (!more || !key) continue;
    more.open = unfolded.has(key);
    more.addEventListener("toggle", () => {
      unfolded[more.open ? "add" : "delete"](key);
      sessionStorage.setItem(place, JSON.stringify([...unfolded]));
    });
  }
  // An address names what is shown (#paper=Paper%20I&verdict=DIFFERS) or a row (#claim-theorem-1), which opens.
  const follow = () => {
    const hash = decodeURIComponent(location.hash.slice(1));
    const row = rows.find((one) => one.querySelector(".permalink")?.id === hash);
    for (const name of Object.keys(controls)) shown[name] = "";
    if (hash.includes("=")) for (const part of location.hash.slice(1).split("&")) {
      const [name, value] = part.split("=").map(decodeURIComponent);
      if (name in controls) shown[name] = value;
    }
    for (const [name, control] of Object.entries(controls)) control.value = shown[name];
    draw(false);
    rows.forEach((one) => one.classList.toggle("named", one === row));
    if (row) {
      const more = row.querySelector("details");
      if (more) more.open = true;
      row.scrollIntoView({ block: "center" });
    } else if (hash.includes("=")) box.scrollIntoView();
  };
  if (!addressed) return draw(false);
  window.addEventListener("hashchange", follow);
  follow();
}
