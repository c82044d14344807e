// The page "Quality": sliders over settings that were solved beforehand; only computed points are shown.
// Data: mecpapers/fhei/evidence/explore.py, in the order of its sliders, the last one fastest.
document.addEventListener("DOMContentLoaded", () => {
  const root = document.getElementById("quality");
  const data = window.mecpapersQuality;
  if (!root || !data) return;
  const names = Object.keys(data.sliders);
  const at = Object.fromEntries(names.map((name) => [name, data.sliders[name].indexOf(data.default[name])]));
  const SVG = "http://www.w3.org/2000/svg";
  const units = { latency: "s", energy: "J", server: "TFLOP/s", noise: "times N₀" };
  const rows = [
    { key: "quality", title: "quality, mAP", limit: null },
    { key: "energy", title: "energy, J", limit: "energy" },
    { key: "latency", title: "latency, s", limit: "latency" },
  ];
  const show = (x) => (x >= 100 ? x.toFixed(0) : x >= 10 ? x.toFixed(1) : x.toFixed(2));
  const show3 = (x) => Number(x.toPrecision(3)).toString();

  for (const input of root.querySelectorAll("input[data-slider]")) {
    const name = input.dataset.slider;
    Object.assign(input, { min: 0, max: data.sliders[name].length - 1, step: 1, value: at[name] });
    input.addEventListener("input", () => { at[name] = Number(input.value); draw(); });
  }
  root.querySelector("[data-name=reset]").addEventListener("click", () => {
    for (const input of root.querySelectorAll("input[data-slider]")) {
      const name = input.dataset.slider;
      at[name] = data.sliders[name].indexOf(data.default[name]);
      input.value = at[name];
    }
    draw();
  });

  const value = (name) => data.sliders[name][at[name]];
  const point = () => data.points[names.reduce((place, name) => place * data.sliders[name].length + at[name], 0)];
  const tallest = Object.fromEntries(rows.map(({ key }) => [key, Math.max(
    ...data.points.filter((p) => typeof p !== "string").flatMap((p) => p.flatMap((one) => one[key])))]));

  function element(parent, name, attributes, text) {
    const made = document.createElementNS(SVG, name);
    for (const [key, given] of Object.entries(attributes)) made.setAttribute(key, given);
    if (text !== undefined) made.textContent = text;
    parent.append(made);
    return made;
  }

  // Five users side by side: certified left, alternating right; a dashed line is the limit on the mean.
  function bars(svg, row, answer) {
    // Where it is narrow, the picture's units are pixels, and a pair's numbers stand one above the other.
    const narrow = svg.clientWidth < 440;
    const [width, height, base, left, head] = narrow ? [svg.clientWidth || 300, 128, 106, 34, 36] : [560, 150, 122, 46, 14];
    svg.classList.toggle("narrow", narrow);
    const wide = (width - left - 12) / 5, thick = narrow ? 0.36 * wide : 38; // of a user, of a bar
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const means = answer ? answer.map((one) => one[row.key].reduce((a, b) => a + b, 0) / one[row.key].length) : [];
    const limit = row.limit === null ? null : value(row.limit);
    const top = 1.08 * Math.max(limit ?? 0, ...(answer ? answer.flatMap((one) => one[row.key]) : [tallest[row.key]]));
    const y = (x) => base - (base - head) * Math.min(1, x / top);
    element(svg, "line", { x1: left, x2: width, y1: base, y2: base, class: "axis" });
    element(svg, "text", { x: left - 6, y: y(top / 1.08) + 4, class: "end" }, show3(top / 1.08));
    element(svg, "text", { x: left - 6, y: base + 4, class: "end" }, "0");
    for (let user = 0; user < 5; user += 1) {
      const x = left + 12 + user * wide, middle = x + thick + 2;
      element(svg, "text", { x: middle, y: base + 18 }, `user ${user + 1}`);
      if (!answer) continue;
      const higher = Math.min(...answer.map((one) => y(one[row.key][user])));
      answer.forEach((one, k) => {
        const number = one[row.key][user];
        const kind = k ? "alternating" : "certified", place = x + (thick + 4) * k;
        element(svg, "rect", { x: place, width: thick, y: y(number), height: base - y(number), class: kind });
        const at = narrow ? { x: middle, y: higher - (k ? 4 : 18) } : { x: place + thick / 2, y: y(number) - 3 };
        element(svg, "text", { ...at, class: `small ${kind}` }, show(number));
      });
    }
    if (limit !== null) element(svg, "line", { x1: left, x2: width, y1: y(limit), y2: y(limit), class: "limit" });
    svg.append(...svg.querySelectorAll(".small")); // the numbers stand before the dashes
    const said = answer
      ? `${row.title}: certified ${answer[0][row.key].map(show).join(", ")}; alternating ${answer[1][row.key].map(show).join(", ")}.` +
        (limit === null ? "" : ` Means ${means.map(show).join(" and ")}, limit ${show3(limit)}.`)
      : `${row.title}: no allocation.`;
    svg.setAttribute("aria-label", said);
  }

  const who = (one, end) => {
    const value = end(...one.quality);
    const users = one.quality.flatMap((q, i) => (Math.abs(q - value) < 0.05 ? [i + 1] : []));
    return `${users.length > 1 ? "users" : "user"} ${users.join(", ").replace(/, (\d)$/, " and $1")}`;
  };
  let timer;
  function draw() {
    const found = point();
    const answer = typeof found === "string" ? null : found;
    for (const input of root.querySelectorAll("input[data-slider]")) {
      const name = input.dataset.slider;
      const text = `${show3(value(name))} ${units[name]}`;
      input.previousElementSibling.textContent = text;
      input.setAttribute("aria-valuetext", text);
    }
    for (const row of rows) bars(root.querySelector(`svg[data-row=${row.key}]`), row, answer);
    const told = root.querySelector("[data-name=told]");
    if (!answer) {
      const which = found.startsWith("max_mean_latency") ? "latency" : "energy";
      told.innerHTML = `<b>No allocation keeps the limit on ${which}</b>, not even with the smallest features for all. Loosen it, or give a faster server or less noise.`;
    } else {
      const [best, own] = answer;
      const less = (100 * (best.sum - own.sum)) / best.sum;
      const mean = (key) => answer[0][key].reduce((a, b) => a + b, 0) / 5;
      const binds = ["energy", "latency"].filter((key) => mean(key) > 0.998 * value(key));
      const spread = Math.max(...best.quality) - Math.min(...best.quality);
      told.innerHTML = `<b>Certified: ${best.sum.toFixed(1)} mAP in all.</b> The paper’s alternating algorithm ends at ${own.sum.toFixed(1)} mAP, ` +
        `${less < 0.005 ? "the same" : `${less.toFixed(2)} % less`}. ` +
        ["Neither limit is used up. ", `The limit on ${binds[0]} is used up. `, "Both limits are used up. "][binds.length] +
        (spread < 0.05 ? "All users get the same quality." : `Largest quality: ${who(best, Math.max)}; smallest: ${who(best, Math.min)}.`);
    }
    clearTimeout(timer);
    timer = setTimeout(() => { root.querySelector("[role=status]").textContent = told.textContent; }, 400);
  }
  draw();
  let width = root.clientWidth;
  new ResizeObserver(() => {
    if (root.clientWidth !== width) draw();
    width = root.clientWidth;
  }).observe(root);
});
