// A figure whose data stands below it can be explored: curves to switch, points that tell their numbers, axes to zoom.
// The data are those of the link "Data: ...", which holds them; the picture stays as it is in print.
document.addEventListener("DOMContentLoaded", () => {
  const SVG = "http://www.w3.org/2000/svg";
  const PHONE = matchMedia("(max-width: 500px)").matches; // there the words are larger, see custom.css
  const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BASE] = [640, 400, PHONE ? 112 : 88, 622, 14, PHONE ? 340 : 350];
  const REACH = 44; // how far from a mark a finger may tap, in units of the picture: 21 px on a phone
  const PALETTE = ["#0072B2", "#D55E00", "#009E73", "#CC79A7"];
  const DASHES = { "-": "", "--": "7 5", ":": "2 4", "-.": "8 4 2 4" };
  const SIGNS = ["circle", "square", "diamond", "up", "down", "cross"];
  const LABELS = {
    cost: "average cost of a device", delay: "average delay, s", energy: "average energy, J", accuracy: "average accuracy",
    offloading: "offloading rate", frames: "average frames", quality: "sum of quality, mAP",
    n_devices: "number of devices N", bandwidth_mhz: "bandwidth B, MHz", server_ghz: "server f_max, GHz", M: "number of mobiles M", beta_1: "β₁", beta_2: "β₂", beta_3: "β₃",
  };
  // A table with a column a curve: what stands across, which columns are no curves, and what the curves are.
  const WIDE = { "fhei-figure-4b.csv": { x: "M", not: ["infeasible", "alternating below constant"], y: "quality" } };
  const SWEEPS = /^(figure-5-\w+|figure-8[abc])\.csv$/;
  const SCATTER = { "figure-9.csv": { axes: ["delay", "energy", "accuracy"], kind: "reading", told: ["beta_1", "beta_2", "beta_3", "offloading"] } };

  function rows(text) {
    const cells = (line) => [...line.matchAll(/("([^"]|"")*"|[^,]*)(,|$)/g)].map((m) => m[1].replace(/^"|"$/g, "").replaceAll('""', '"')).slice(0, -1);
    const [head, ...lines] = text.trim().split("\n");
    const names = cells(`${head},`);
    return lines.map((line) => Object.fromEntries(cells(`${line},`).map((cell, k) => [names[k], cell])));
  }
  function element(parent, name, attributes, text) {
    const made = parent.namespaceURI === SVG || name === "svg" ? document.createElementNS(SVG, name) : document.createElement(name);
    for (const [key, given] of Object.entries(attributes ?? {})) made.setAttribute(key, given);
    if (text !== undefined) made.textContent = text;
    parent.append(made);
    return made;
  }
  const show = (x) => Number(x.toPrecision(4)).toString().replace("-", "−");
  const label = (name) => LABELS[name] ?? name;
  const said = (name, number) => {
    const [what, unit = ""] = label(name).split(", ");
    return `${what} ${number} ${unit}`.trim();
  };
  // What a finger tapped beside is told, too.
  function tellNearest(picture, places) {
    picture.addEventListener("click", (event) => {
      if (event.pointerType === "mouse") return;
      const { left, top, width } = picture.getBoundingClientRect(), unit = WIDTH / width;
      const away = ({ x, y }) => Math.hypot((event.clientX - left) * unit - x, (event.clientY - top) * unit - y);
      const near = places().filter((place) => away(place) < REACH).sort((p, q) => away(p) - away(q))[0];
      near?.say();
    });
  }

  // {name: [{x, y, se, n}]} for each quantity.
  function curves(name, table) {
    const wide = WIDE[name];
    if (wide) {
      const names = Object.keys(table[0]).filter((c) => c !== wide.x && !wide.not.includes(c));
      return { x: wide.x, quantities: { [wide.y]: Object.fromEntries(names.map((c) => [c, table.map((r) => ({ x: +r[wide.x], y: +r[c] }))])) } };
    }
    const columns = Object.keys(table[0]);
    const x = columns[columns.indexOf("drops") - 1];
    const quantities = {};
    for (const quantity of columns.filter((c) => columns.includes(`${c}_se`))) {
      const found = {};
      for (const row of table) {
        if (row[quantity] === "") continue;
        const curve = columns.includes("reading") ? `${row.scheme}, ${row.reading}` : row.scheme;
        (found[curve] ??= []).push({ x: +row[x], y: +row[quantity], se: +row[`${quantity}_se`], n: +row.drops });
      }
      quantities[quantity] = found;
    }
    return { x, quantities };
  }
  function ticks(low, high) {
    const step = 10 ** Math.floor(Math.log10((high - low) / 4));
    const wide = [1, 2, 5, 10].find((k) => (high - low) / (k * step) <= 7) * step;
    return Array.from({ length: Math.floor(high / wide) - Math.ceil(low / wide) + 1 }, (_, k) => (Math.ceil(low / wide) + k) * wide);
  }
  const look = (name, k) => window.mecpapersLooks?.[name.split(",")[0]] ?? { label: name, colour: PALETTE[k % 4], dash: "-" };
  const called = (name, k) => look(name, k).label + (name.includes(",") ? name.slice(name.indexOf(",")) : "");
  function sign(parent, kind, cx, cy, colour) {
    const r = 5;
    const path = {
      square: `M${cx - r} ${cy - r}h${2 * r}v${2 * r}h${-2 * r}z`, diamond: `M${cx} ${cy - r - 1}l${r + 1} ${r + 1}l${-r - 1} ${r + 1}l${-r - 1} ${-r - 1}z`,
      up: `M${cx} ${cy - r - 1}l${r + 1} ${2 * r}h${-2 * r - 2}z`, down: `M${cx} ${cy + r + 1}l${r + 1} ${-2 * r}h${-2 * r - 2}z`,
      cross: `M${cx - r} ${cy - r}l${2 * r} ${2 * r}M${cx + r} ${cy - r}l${-2 * r} ${2 * r}`,
      circle: `M${cx - r} ${cy}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`,
    }[kind];
    return element(parent, "path", { d: path, fill: kind === "cross" ? "none" : colour, stroke: colour, "stroke-width": 2 });
  }

  // Move what is written to where all of it is seen.
  function keepInside(picture) {
    for (const text of picture.querySelectorAll("text:not([transform])")) {
      const { x, width } = text.getBBox();
      const aside = Math.max(4 - x, 0) || Math.min(WIDTH - 4 - x - width, 0);
      if (aside) text.setAttribute("x", Number(text.getAttribute("x")) + aside);
    }
  }

  function chart(box, name, table) {
    const { x, quantities } = curves(name, table);
    const state = { quantity: Object.keys(quantities)[0], off: new Set(), zoom: null };
    const bar = element(box, "p", { class: "live-bar" });
    if (Object.keys(quantities).length > 1) {
      const choice = element(element(bar, "label", {}, "Show "), "select");
      for (const quantity of Object.keys(quantities)) element(choice, "option", { value: quantity }, label(quantity));
      choice.addEventListener("change", () => { Object.assign(state, { quantity: choice.value, zoom: null }); draw(); });
    }
    for (const [text, factor] of [["Zoom in", 0.5], ["Zoom out", 2], ["All", null]]) {
      element(bar, "button", { type: "button", class: "btn btn-sm" }, text).addEventListener("click", () => {
        const { x: [a, b], y: [c, d] } = range();
        const near = (low, high) => [(low + high) / 2 - (factor * (high - low)) / 2, (low + high) / 2 + (factor * (high - low)) / 2];
        state.zoom = factor === null ? null : { x: near(a, b), y: near(c, d) };
        draw();
      });
    }
    const names = Object.keys(quantities[state.quantity]);
    const alike = new Set(names.map((curve) => curve.split(",")[0])).size === 1; // readings of one scheme
    const drawn = (curve, k) => (alike ? { colour: PALETTE[k % 4], dash: k ? "--" : "-" } : look(curve, k));
    const switches = element(box, "fieldset", { class: "live-switches" });
    element(switches, "legend", {}, "Curves");
    names.forEach((curve, k) => {
      const one = element(switches, "label");
      const tick = element(one, "input", { type: "checkbox", checked: "" });
      const key = element(one, "svg", { viewBox: "0 0 34 14", width: 34, height: 14, "aria-hidden": "true" });
      element(key, "path", { d: "M1 7h32", stroke: drawn(curve, k).colour, "stroke-width": 2, "stroke-dasharray": DASHES[drawn(curve, k).dash] ?? "" });
      sign(key, SIGNS[k % SIGNS.length], 17, 7, drawn(curve, k).colour);
      one.append(` ${called(curve, k)}`);
      tick.addEventListener("change", () => { state.off[tick.checked ? "delete" : "add"](curve); draw(); });
    });
    const picture = element(box, "svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "live-picture", role: "group" });
    const told = element(box, "p", { class: "live-told", role: "status" }, "Point at a mark or tap it, or reach it by Tab and the arrow keys. To enlarge a part, drag over it with the mouse, spread two fingers, or press “Zoom in”.");

    const shown = () => names.filter((curve) => !state.off.has(curve) && quantities[state.quantity][curve]);
    function range() {
      if (state.zoom) return state.zoom;
      const points = (shown().length ? shown() : names).flatMap((curve) => quantities[state.quantity][curve]);
      const of = (values) => {
        const [low, high] = [Math.min(...values), Math.max(...values)];
        const pad = 0.05 * (high - low) || 0.05 * Math.abs(high) || 1;
        return [low - pad, high + pad];
      };
      return { x: of(points.map((p) => p.x)), y: of(points.flatMap((p) => [p.y - 2 * (p.se || 0), p.y + 2 * (p.se || 0)])) };
    }
    let axes, marked = [];
    tellNearest(picture, () => marked);
    function draw() {
      marked = [];
      picture.replaceChildren();
      const { x: [a, b], y: [c, d] } = range();
      const px = (v) => LEFT + ((v - a) / (b - a)) * (RIGHT - LEFT);
      const py = (v) => BASE - ((v - c) / (d - c)) * (BASE - TOP);
      const id = `clip-${name.replace(/\W/g, "-")}`;
      element(element(element(picture, "defs"), "clipPath", { id }), "rect", { x: LEFT, y: TOP, width: RIGHT - LEFT, height: BASE - TOP });
      for (const t of ticks(a, b)) {
        element(picture, "path", { d: `M${px(t)} ${TOP}V${BASE}`, class: "grid" });
        element(picture, "text", { x: px(t), y: BASE + (PHONE ? 22 : 18) }, show(t));
      }
      for (const t of ticks(c, d)) {
        element(picture, "path", { d: `M${LEFT} ${py(t)}H${RIGHT}`, class: "grid" });
        element(picture, "text", { x: LEFT - 6, y: py(t) + 4, class: "end" }, show(t));
      }
      element(picture, "rect", { x: LEFT, y: TOP, width: RIGHT - LEFT, height: BASE - TOP, class: "frame" });
      element(picture, "text", { x: (LEFT + RIGHT) / 2, y: BASE + (PHONE ? 48 : 40) }, label(x));
      element(picture, "text", { transform: `translate(${PHONE ? 24 : 18} ${(TOP + BASE) / 2}) rotate(-90)` }, label(state.quantity));
      const inside = element(picture, "g", { "clip-path": `url(#${id})` });
      for (const curve of shown()) {
        const k = names.indexOf(curve);
        const { colour, dash } = drawn(curve, k);
        const points = quantities[state.quantity][curve];
        element(inside, "path", { d: points.map((p, i) => `${i ? "L" : "M"}${px(p.x)} ${py(p.y)}`).join(""), fill: "none", stroke: colour, "stroke-width": 2, "stroke-dasharray": DASHES[dash] ?? "" });
        const group = element(inside, "g", { tabindex: 0, role: "group", "aria-label": `${called(curve, k)}: arrow keys go along the curve` });
        let place = 0;
        const marks = points.map((p) => {
          if (p.se) element(group, "path", { d: `M${px(p.x)} ${py(p.y - 2 * p.se)}V${py(p.y + 2 * p.se)}`, stroke: colour, "stroke-width": 1.5 });
          const mark = sign(group, SIGNS[k % SIGNS.length], px(p.x), py(p.y), colour);
          const number = p.se ? `${show(p.y)} ± ${show(Number((2 * p.se).toPrecision(2)))}` : show(p.y);
          const spread = p.se ? ` (± two standard errors of ${p.n} drops)` : "";
          const say = () => {
            for (const old of picture.querySelectorAll(".told")) old.classList.remove("told");
            mark.classList.add("told");
            const [what, unit] = label(x).split(", ");
            const at = `${what} = ${show(p.x)}${unit ? ` ${unit}` : ""}`;
            told.textContent = `${called(curve, k)}: ${said(state.quantity, number)} at ${at}${spread}.`;
          };
          marked.push({ x: px(p.x), y: py(p.y), say });
          mark.addEventListener("pointerenter", say);
          return say;
        });
        group.addEventListener("focus", () => marks[place]());
        group.addEventListener("keydown", (event) => {
          const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          if (!step) return;
          event.preventDefault();
          place = Math.max(0, Math.min(marks.length - 1, place + step));
          marks[place]();
        });
      }
      keepInside(picture);
      axes = { a, b, c, d };
    }
    let pressed = null;
    const at = (event) => {
      const frame = picture.getBoundingClientRect();
      return [((event.clientX - frame.left) / frame.width) * WIDTH, ((event.clientY - frame.top) / frame.height) * HEIGHT];
    };
    const fingers = new Map(); // by pointer: two move and scale the axes, one scrolls the page
    function pinch(before, after) {
      const middle = (ends, k) => (ends[0][k] + ends[1][k]) / 2;
      const apart = ([p, q]) => Math.max(20, Math.hypot(p[0] - q[0], p[1] - q[1]));
      const across = (ends) => (middle(ends, 0) - LEFT) / (RIGHT - LEFT);
      const up = (ends) => (BASE - middle(ends, 1)) / (BASE - TOP);
      const moved = (low, high, share) => {
        const size = ((high - low) * apart(before)) / apart(after);
        const first = low + share(before) * (high - low) - share(after) * size;
        return [first, first + size];
      };
      state.zoom = { x: moved(axes.a, axes.b, across), y: moved(axes.c, axes.d, up) };
      draw();
    }
    picture.addEventListener("pointerdown", (event) => {
      pressed = event.pointerType === "touch" ? null : at(event);
      if (pressed) return;
      fingers.set(event.pointerId, at(event));
      picture.setPointerCapture(event.pointerId);
    });
    for (const end of ["pointerup", "pointercancel"]) picture.addEventListener(end, (event) => fingers.delete(event.pointerId));
    picture.addEventListener("pointermove", (event) => {
      if (fingers.has(event.pointerId)) {
        const before = [...fingers.values()];
        fingers.set(event.pointerId, at(event));
        if (before.length === 2) pinch(before, [...fingers.values()]);
      }
      if (!pressed) return;
      const [u, v] = at(event);
      picture.querySelector(".rubber")?.remove();
      element(picture, "rect", { x: Math.min(u, pressed[0]), y: Math.min(v, pressed[1]), width: Math.abs(u - pressed[0]), height: Math.abs(v - pressed[1]), class: "rubber" });
    });
    window.addEventListener("pointerup", (event) => {
      if (!pressed) return;
      const [[u, v], [s, t]] = [at(event), pressed];
      pressed = null;
      picture.querySelector(".rubber")?.remove();
      if (Math.abs(u - s) < 12 || Math.abs(v - t) < 12) return;
      const vx = (p) => axes.a + ((Math.max(LEFT, Math.min(RIGHT, p)) - LEFT) / (RIGHT - LEFT)) * (axes.b - axes.a);
      const vy = (p) => axes.c + ((BASE - Math.max(TOP, Math.min(BASE, p))) / (BASE - TOP)) * (axes.d - axes.c);
      state.zoom = { x: [vx(Math.min(u, s)), vx(Math.max(u, s))], y: [vy(Math.max(v, t)), vy(Math.min(v, t))] };
      draw();
    });
    draw();
  }

  // Points in three dimensions, in a view that turns.
  function cloud(box, name, table) {
    const { axes, kind, told: more } = SCATTER[name];
    const kinds = [...new Set(table.map((row) => row[kind]))];
    const state = { kind: kinds[0], view: 35 };
    const bar = element(box, "p", { class: "live-bar" });
    if (kinds.length > 1) {
      const choice = element(element(bar, "label", {}, "Show "), "select");
      for (const one of kinds) element(choice, "option", { value: one }, one === "eq7" ? "eq7, as the model" : "eq31, as the paper's figures");
      choice.addEventListener("change", () => { state.kind = choice.value; draw(); });
    }
    const view = element(element(bar, "label", {}, "Turn "), "input", { type: "range", min: 0, max: 360, step: 5, value: state.view });
    view.addEventListener("input", () => { state.view = Number(view.value); draw(); });
    const picture = element(box, "svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "live-picture turns", role: "group", tabindex: 0 });
    const told = element(box, "p", { class: "live-told", role: "status" }, "Point at a dot or tap it, or reach it by Tab. Drag to turn.");
    const span = axes.map((axis) => [Math.min(...table.map((r) => +r[axis])), Math.max(...table.map((r) => +r[axis]))]);
    const unit = (row, k) => (+row[axes[k]] - span[k][0]) / (span[k][1] - span[k][0]) - 0.5;
    const seen = ([across, away, up]) => {
      const turn = (state.view * Math.PI) / 180;
      const [u, w] = [Math.cos(turn) * across - Math.sin(turn) * away, Math.sin(turn) * across + Math.cos(turn) * away];
      return [WIDTH / 2 + 230 * u, 195 - 200 * up + 90 * w, w];
    };
    let marked = [];
    tellNearest(picture, () => marked);
    function draw() {
      marked = [];
      picture.replaceChildren();
      picture.setAttribute("aria-label", `${axes.map(label).join(", ")}, reading ${state.kind}, seen from ${state.view} degrees. Arrow keys turn.`);
      const corner = (x, y, z) => seen([x - 0.5, y - 0.5, z - 0.5]);
      const line = (p, q) => element(picture, "path", { d: `M${p[0]} ${p[1]}L${q[0]} ${q[1]}`, class: "grid" });
      for (const k of [0, 1]) for (const h of [0, 1]) {
        line(corner(0, k, h), corner(1, k, h));
        line(corner(k, 0, h), corner(k, 1, h));
        line(corner(k, h, 0), corner(k, h, 1));
      }
      // Names at the edges that face the eye, below all dots; the upright axis at the outermost edge on the left.
      const face = (a, b) => (a[2] > b[2] ? a : b);
      const ends = [face(corner(0.5, 0, 0), corner(0.5, 1, 0)), face(corner(0, 0.5, 0), corner(1, 0.5, 0))];
      const left = [[0, 0], [0, 1], [1, 0], [1, 1]].map(([x, y]) => corner(x, y, 1)).reduce((a, b) => (b[0] < a[0] ? b : a));
      const short = (x) => show(Number(x.toPrecision(2)));
      const range = (k) => `${axes[k]} ${short(span[k][0])} to ${short(span[k][1])}`;
      ends.forEach(([u, v], k) => element(picture, "text", { x: u, y: v + 26, class: u < WIDTH / 2 ? "end" : "start" }, range(k)));
      element(picture, "text", { x: Math.max(8, left[0] - 60), y: left[1] - 14, class: "start" }, range(2));
      const points = table.filter((row) => row[kind] === state.kind).map((row) => [seen([unit(row, 0), unit(row, 1), unit(row, 2)]), row, unit(row, 1)]);
      points.sort((p, q) => p[0][2] - q[0][2]);
      for (const [[u, v], row, height] of points) {
        const [bu, bv] = seen([unit(row, 0), height, -0.5]);
        element(picture, "path", { d: `M${u} ${v}L${bu} ${bv}`, class: "stalk" });
        const dot = element(picture, "circle", { cx: u, cy: v, r: 6, class: "dot", tabindex: 0, role: "img" });
        const text = [...axes, ...more].map((c) => said(c, show(Number((+row[c]).toPrecision(3))))).join("; ");
        dot.setAttribute("aria-label", text);
        const say = () => {
          for (const old of picture.querySelectorAll(".told")) old.classList.remove("told");
          dot.classList.add("told");
          told.textContent = `${text}.`;
        };
        dot.addEventListener("pointerenter", say);
        dot.addEventListener("focus", say);
        marked.push({ x: u, y: v, say });
      }
      keepInside(picture);
    }
    const turned = (to) => { state.view = ((to % 360) + 360) % 360; view.value = state.view; draw(); };
    let pressed = null;
    picture.addEventListener("pointerdown", (event) => { pressed = [event.clientX, state.view]; picture.setPointerCapture(event.pointerId); });
    picture.addEventListener("pointermove", (event) => { if (pressed && event.buttons) turned(Math.round(pressed[1] + (event.clientX - pressed[0]) / 2)); });
    picture.addEventListener("pointerup", () => { pressed = null; });
    picture.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 5, ArrowLeft: -5 }[event.key];
      if (!step || event.target !== picture) return;
      event.preventDefault();
      turned(state.view + step);
    });
    draw();
  }

  for (const link of document.querySelectorAll('a[download$=".csv"]')) {
    const name = link.getAttribute("download");
    if (!SWEEPS.test(name) && !WIDE[name] && !SCATTER[name]) continue;
    const box = document.createElement("details");
    box.className = "live";
    element(box, "summary", {}, "Explore these data");
    link.closest("p").after(box);
    box.addEventListener("toggle", () => {
      if (!box.open || box.children.length > 1) return;
      const table = rows(atob(link.href.split("base64,")[1]));
      (SCATTER[name] ? cloud : chart)(box, name, table);
    });
  }
});
