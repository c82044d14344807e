// The dual of "The cell": L over the two prices, where it is highest, and what is left to the optimum.
"use strict";

(function (root) {

const { video, text: { digits, below, clamp, tell } } = root.mecpapers;
const GRID = 36; // points along an axis at which L is computed
const RINGS = 9; // contours
const SIDE = 400, LEFT = 76, TOP = 8; // of the picture [px]
const LENS = { x: LEFT + SIDE - 84, y: TOP + 84, r: 76, points: 30 }; // its magnifier [px]
const ARROW = 130; // the longest [px]
const CHOICE = { wide: 250, row: 22, label: 54, number: 60 }; // a row for each option of a device [px]

/** Draws on the page that a `cell` stands for, see cell.js. Returns `draw`, and what two buttons do. */
function dualOf(cell) {
  const { state, find } = cell;
  let frame = 0;
  const dual = d3.select(find("dual"));
  const plot = Object.fromEntries(["height", "axes", "way", "lens", "points"]
    .map((name) => [name, dual.append("g").attr("class", name)]));
  const choices = d3.select(find("choices"));
  const scale = d3.scaleLinear().range([0, SIDE]);
  const at = ([u, v]) => [LEFT + scale(u), TOP + SIDE - scale(v)];

  /** The end of both axes: it changes in steps, so that a picture does not tremble while a device moves. */
  function reachOf(values) {
    const wanted = 1.5 * Math.max(...values), power = 10 ** Math.floor(Math.log10(wanted));
    return power * [1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.4, 8, 10].find((step) => step * power >= wanted * (1 - 1e-12));
  }

  /** (A, B) of what every device finds cheapest at w, and L there. */
  function demandAt(w) {
    const near = video.lookFrom(state.table, ...w);
    return { near, point: [w[0] + near.residual[0], w[1] + near.residual[1]] };
  }

  function draw() {
    frame = 0;
    const { answer } = state, seen = answer !== null && answer.w[0] + answer.w[1] > 0;
    find("dual-part").classList.toggle("idle", !seen);
    if (!seen) {
      find("price-story").textContent = answer
        ? "Nobody wants to offload, so air time and server are worth nothing here." : "";
      find("peak-story").textContent = find("choice-story").textContent = "";
      return;
    }
    const best = usedOf(answer.allocation), end = reachOf([...answer.w, ...best]);
    scale.domain([0, end]);
    state.prices ??= [0.3, 0.6].map((share) => share * end);
    state.prices = state.prices.map((x) => Math.min(x, end));
    const levels = Array.from({ length: RINGS }, (_, i) => answer.dual - ((end * (RINGS - i)) / (RINGS + 1)) ** 2);
    const paths = contours(GRID, levels, [0, 0], end, [LEFT, TOP], SIDE);
    plot.height.selectAll("path").data(paths).join("path").attr("d", (d) => d);
    drawAxes(end);
    const { near, point } = demandAt(state.prices);
    const from = at(state.prices), to = arrowEnd(from, at(point));
    plot.way.selectAll("line").data([0]).join("line").attr("class", "pull").attr("marker-end", "url(#cell-arrow)")
      .attr("x1", from[0]).attr("y1", from[1]).attr("x2", to[0]).attr("y2", to[1]);
    const put = (name, w) => plot.points.select(name).attr("transform", `translate(${at(w)})`);
    put(".peak", answer.w);
    put(".used", best);
    put(".own", state.prices);
    drawLens(answer, best);
    drawChoices(near);
    drawPriceText(near, best);
  }

  /** Where an arrow ends that points to a place: not beyond the picture, and not too far. */
  function arrowEnd([x, y], [p, q]) {
    const room = (start, way, low, high) => (way > 0 ? (high - start) / way : way < 0 ? (low - start) / way : 1);
    const share = Math.min(1, ARROW / Math.hypot(p - x, q - y),
      room(x, p - x, LEFT, LEFT + SIDE), room(y, q - y, TOP, TOP + SIDE));
    return [x + share * (p - x), y + share * (q - y)];
  }

  /** The paths of L's contours over a square of prices, drawn as a square of `size` pixels. */
  function contours(points, levels, [u, v], width, [left, top], size) {
    const L = new Float64Array(points * points), unit = width / (points - 1);
    const table = video.within(state.table, u, v, width);
    for (let j = 0, i = 0; j < points; j++) {
      for (let k = 0; k < points; k++, i++) L[i] = valueAt(table, u + k * unit, v + j * unit);
    }
    const along = (k) => clamp((k - 0.5) / (points - 1), 0, 1) * size; // d3 puts value k at k + 1/2
    const line = (ring) => `M${ring.map(([k, j]) => `${(left + along(k)).toFixed(1)} ${
      (top + size - along(j)).toFixed(1)}`).join("L")}Z`;
    const found = d3.contours().size([points, points]);
    return levels.map((level) => found.contour(L, level).coordinates.flat().map(line).join(""));
  }

  /** L(u, v) alone, in the fewest operations: it is asked for GRID^2 times a frame. */
  function valueAt({ first, a, b, e }, u, v) {
    let sum = -u * u - v * v;
    for (let n = 0; n + 1 < first.length; n++) {
      let least = Infinity;
      for (let o = first[n]; o < first[n + 1]; o++) {
        const cost = e[o] + 2 * (u * a[o] + v * b[o]);
        if (cost < least) least = cost;
      }
      sum += least;
    }
    return sum;
  }

  /** (A, B), what an allocation uses: by Theorem 2 its edge devices wait for A^2 + B^2 in all, weighted. */
  function usedOf({ offload, frames }) {
    const { first, rank, a, b } = state.table;
    let A = 0, B = 0;
    for (let n = 0; n < offload.length; n++) {
      if (!offload[n]) continue;
      const o = rank.indexOf(frames[n], first[n]);
      A += a[o];
      B += b[o];
    }
    return [A, B];
  }

  function drawAxes(end) {
    const ticks = scale.ticks(5).filter((w) => w <= end).map((w) => ({ w, text: w ? digits(w * w, 2) : "0" }));
    plot.axes.selectAll("text.across").data(ticks).join("text").attr("class", "tick across")
      .attr("x", ({ w }) => LEFT + scale(w)).attr("y", TOP + SIDE + 18).text(({ text }) => text);
    plot.axes.selectAll("text.up").data(ticks).join("text").attr("class", "tick up")
      .attr("x", LEFT - 6).attr("y", ({ w }) => TOP + SIDE + 4 - scale(w)).text(({ text }) => text);
  }

  /** The top of L and the optimum, magnified: the squared distance between them is part of the dual's gap. */
  function drawLens({ w, dual: top }, used) {
    const apart = Math.hypot(w[0] - used[0], w[1] - used[1]), end = scale.domain()[1];
    plot.lens.attr("visibility", apart > 1e-6 * end ? "visible" : "hidden");
    if (!(apart > 1e-6 * end)) return;
    const half = 1.7 * apart, middle = w.map((x, i) => (x + used[i]) / 2), corner = middle.map((x) => x - half);
    const levels = [1.6, 1.2, 0.8].map((share) => top - (share * half) ** 2);
    const { x, y, r, points } = LENS;
    plot.lens.select(".inner").selectAll("path")
      .data(contours(points, levels, corner, 2 * half, [x - r, y - r], 2 * r)).join("path").attr("d", (d) => d);
    const spot = ([u, v]) => [x + ((u - middle[0]) / half) * r, y - ((v - middle[1]) / half) * r];
    const [a, b] = [spot(w), spot(used)];
    plot.lens.select(".peak").attr("transform", `translate(${a})`);
    plot.lens.select(".used").attr("transform", `translate(${b})`);
    plot.lens.select(".residual").attr("x1", a[0]).attr("y1", a[1]).attr("x2", b[0]).attr("y2", b[1]);
    const [p, q] = at(middle), far = Math.hypot(p - x, q - y) || 1;
    plot.lens.select(".tie").attr("x1", x + ((p - x) * r) / far).attr("y1", y + ((q - y) * r) / far)
      .attr("x2", p).attr("y2", q);
    plot.lens.select("text").text(`×${digits((r / half) * (end / SIDE), 2)}`);
  }

  /** What each option of the chosen device costs at the reader's prices, rent included, against staying at home. */
  function drawChoices({ r }) {
    const { table: { first, rank }, chosen: n } = state, home = first[n];
    const rows = rank.slice(home, first[n + 1]).map((m, i) => ({ rank: m, cost: r[home + i] - r[home] }));
    const costs = rows.map(({ cost }) => cost), least = Math.min(...costs);
    const [left, right] = [CHOICE.label + CHOICE.number, CHOICE.wide - CHOICE.number];
    const x = d3.scaleLinear([least, Math.max(...costs, least + 1e-12)], [left, right]);
    choices.attr("viewBox", `0 0 ${CHOICE.wide} ${rows.length * CHOICE.row}`);
    const marks = choices.selectAll("g").data(rows).join((enter) => {
      const g = enter.append("g");
      g.append("text").attr("class", "label").attr("x", 0).attr("y", CHOICE.row / 2 + 4);
      g.append("rect").attr("y", 3).attr("height", CHOICE.row - 6);
      g.append("text").attr("class", "value").attr("y", CHOICE.row / 2 + 4);
      return g;
    }).attr("transform", (_, i) => `translate(0 ${i * CHOICE.row})`)
      .attr("class", ({ cost }) => (cost === least ? "least" : null));
    marks.select(".label").text((d) => (d.rank ? `send ${d.rank}` : "home"));
    marks.select("rect").attr("x", ({ cost }) => Math.min(x(0), x(cost)))
      .attr("width", ({ cost }) => Math.max(1.5, Math.abs(x(cost) - x(0))));
    marks.select(".value").attr("x", ({ cost }) => x(cost) + (cost < 0 ? -5 : 5))
      .style("text-anchor", ({ cost }) => (cost < 0 ? "end" : "start"))
      .text(({ cost }) => (cost === 0 ? "0" : `${cost > 0 ? "+" : ""}${digits(cost, 2)}`));
    const best = rows.find(({ cost }) => cost === least);
    tell(find("choice-story"), rows.length === 1
      ? `Device ${n} never gains by sending: it stays at home at any prices.`
      : `Device ${n} would ${best.rank ? `send ${best.rank} frames` : "stay at home"}. What each of its choices would `
        + "cost more or less than staying at home, rent for air and server included:");
  }

  function drawPriceText(near, used) {
    const { answer, prices: [u, v], table, scene } = state, size = scene.devices.length;
    const sending = near.choice.reduce((sum, k) => sum + (table.rank[k] > 0), 0);
    tell(find("price-story"), `At your prices, ${digits(v * v, 2)} for all of the air time and ${
      digits(u * u, 2)} for the whole server, ${sending || "none"} of ${size} devices would offload. `
      + `So no allocation costs less than ${below(near.value, 4)}. That is ${
        digits(Math.max(0, answer.objective - near.value), 2)} below the optimum.`);
    plot.points.select(".own").attr("aria-valuenow", near.value)
      .attr("aria-valuetext", `air ${digits(v * v, 2)}, server ${digits(u * u, 2)}: bound ${below(near.value, 4)}`);
    const gap = answer.objective - answer.dual, apart = (answer.w[0] - used[0]) ** 2 + (answer.w[1] - used[1]) ** 2;
    const others = gap - apart > 0.005 * gap
      ? "The rest is paid by devices that do not take what is cheapest for them. " : "";
    tell(find("peak-story"), gap > 1e-9 * Math.abs(answer.objective)
      ? `The top (+) bounds the cost by ${below(answer.dual, 4)}, still ${digits(gap, 2)} below the optimum. ${
        digits(apart, 2)} of it is the squared distance from the top to the optimum (○): see the magnifier. ${
        others}Prices alone cannot close this gap, since devices are whole. A search over the few devices that `
        + "hesitate at these prices does."
      : "The top (+) is as high as the optimum’s cost: here prices alone prove it.");
  }

  function drawFrame() {
    dual.attr("viewBox", `0 0 ${LEFT + SIDE + 12} ${TOP + SIDE + 46}`);
    plot.axes.append("rect").attr("class", "frame").attr("x", LEFT).attr("y", TOP)
      .attr("width", SIDE).attr("height", SIDE);
    plot.axes.append("text").attr("class", "title").attr("x", LEFT + SIDE / 2).attr("y", TOP + SIDE + 40)
      .text("price of the whole server [cost]");
    plot.axes.append("text").attr("class", "title").attr("transform", `translate(14 ${TOP + SIDE / 2}) rotate(-90)`)
      .text("price of all the air time [cost]");
    const { x, y, r } = LENS, lens = plot.lens, points = plot.points;
    const mark = (g) => {
      g.append("g").attr("class", "used").append("circle").attr("r", 8);
      g.append("g").attr("class", "peak").append("path").attr("d", "M-7 0H7M0 -7V7");
    };
    lens.append("line").attr("class", "tie");
    dual.append("clipPath").attr("id", "cell-lens").append("circle").attr("cx", x).attr("cy", y).attr("r", r);
    lens.append("circle").attr("class", "glass").attr("cx", x).attr("cy", y).attr("r", r);
    const inner = lens.append("g").attr("clip-path", "url(#cell-lens)");
    inner.append("g").attr("class", "inner height");
    inner.append("line").attr("class", "residual");
    mark(inner);
    lens.append("circle").attr("class", "rim").attr("cx", x).attr("cy", y).attr("r", r);
    lens.append("text").attr("x", x).attr("y", y + r - 8);
    mark(points);
    const own = points.append("g").attr("class", "own").attr("tabindex", 0).attr("role", "slider")
      .attr("aria-label", "Your prices: arrow keys move them");
    own.append("circle").attr("class", "reach").attr("r", 22);
    own.append("circle").attr("class", "body").attr("r", 9);
    const move = ([x, y]) => {
      state.prices = [x - LEFT, TOP + SIDE - y].map((px) => clamp(scale.invert(px), 0, scale.domain()[1]));
      frame ||= requestAnimationFrame(draw);
    };
    own.call(d3.drag().container(() => dual.node()).on("drag", (event) => move([event.x, event.y]))
      .subject(() => Object.fromEntries(at(state.prices).map((value, i) => ["xy"[i], value]))));
    own.on("keydown", (event) => {
      const far = event.shiftKey ? 24 : 6, [x, y] = at(state.prices);
      const to = { ArrowLeft: [x - far, y], ArrowRight: [x + far, y], ArrowUp: [x, y - far], ArrowDown: [x, y + far] };
      if (!to[event.key]) return;
      event.preventDefault();
      move(to[event.key]);
    });
  }

  /** Let the reader's prices become next(answer, prices). */
  function move(next) {
    if (!state.answer) {
      cell.say("There are no prices without an answer.");
      return;
    }
    state.prices = next(state.answer, state.prices ?? state.answer.w);
    draw();
  }

  /** A quarter of the way to what is asked for: half of a step along the gradient, 2 ((A, B) - w). */
  function uphill() {
    move((_, prices) => {
      const { point } = demandAt(prices);
      return prices.map((w, i) => Math.min(scale.domain()[1], w + (point[i] - w) / 4));
    });
  }

  drawFrame();
  return { draw, uphill, peak: () => move(({ w }) => w) };
}

root.mecpapers.dualOf = dualOf;

})(globalThis);
