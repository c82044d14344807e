// The page "The cell": a scene on a map, solved anew at every move, and what the solution says.
//
// solve.js computes, scene.js keeps the scene, d3 draws; this file listens and shows. A move redraws within one frame;
// the address, the table and what a screen reader hears follow once the hand rests.
"use strict";

(function () {

const { video, scene: scenes } = window.mecpapers;
const { HALF, MOST, NETWORKS, DEVICE, EMPTY } = scenes;
const REST = 500; // [ms] without a change, after which the hand is said to rest
const HASTE = 20_000; // partial assignments that a move may look at; at rest solve.js has its own limit
const SHARE = 6; // [ms] of a frame for Algorithm 3: k times as slow, it is asked at every (k + 1)th frame of a move
const STEP = 10, STRIDE = 50; // [m] that an arrow key moves a device, and with Shift
const GRID = 36; // points along an axis of the dual's map
const RINGS = 9; // its contours
const KINDS = { 18: "circle", 34: "square", 101: "diamond" };

const PRESETS = {
  mixed: "#cell=B5,F22,d0.2,e0.2,a0.6,m0.86,eq7;-200,-300,18,0.5,1.8;-20,-150,18,0.5,1.8;160,80,18,0.1,1.8;"
    + "-280,-190,101,0.1,1.8;-120,440,101,0.1,1.8;70,-350,101,1,1.8;400,140,34,1,1.8;-240,-390,101,1,1.8;"
    + "-210,50,18,1,1.8;200,-200,18,0.1,1.8;-290,320,18,0.5,1.8;-360,170,101,0.25,1.8",
  alike: ring(12, () => ({})),
  slow: ring(12, (n) => ({ net: [18, 34, 101][n % 3] }), { server: 5 }),
  forty: ring(40, (n) => ({ net: [18, 18, 34, 101][n % 4], power: [1, 0.25][n % 2] })),
};

/** N devices along a spiral around the station. */
function ring(n, own, shared = {}) {
  const devices = Array.from({ length: n }, (_, i) => {
    const d = 80 + (390 * i) / (n - 1), angle = i * 2.399963;
    return { ...DEVICE, x: Math.round(d * Math.cos(angle)), y: Math.round(d * Math.sin(angle)), ...own(i) };
  });
  return scenes.encode({ ...EMPTY, ...shared, devices });
}

// ---------------------------------------------------------------- what the page holds

const page = document.getElementById("cell"), article = page.closest("article") ?? document.body;
const find = (name) => article.querySelector(`[data-name="${name}"]`);
const state = {
  scene: null, // see scene.js
  chosen: 0, // a device
  answer: null, // of solveOptions; null where there is none
  walk: null, // what Algorithm 3 comes to
  table: null,
  prices: null, // w = (u, v), the reader's own
  past: [], future: [], // scenes, as addresses
  skipped: 0, slowness: 0, // frames without Algorithm 3: how many by now, and how many it takes
  moving: false, // a hand is at it
};

/** A number with n significant digits, as print has it: 0.0945, 7.5·10⁻¹⁴. */
function digits(x, n = 3) {
  if (x === 0) return "0";
  const [mantissa, power] = x.toExponential(n - 1).split("e"), exponent = Number(power);
  const raised = String(exponent).replace(/./g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);
  const text = exponent < -3 || exponent > 5 ? `${mantissa}·10${raised}` : x.toFixed(Math.max(0, n - 1 - exponent));
  return text.replace("-", "\u2212");
}
const fixed = (x, n) => x.toFixed(n).replace("-", "\u2212");
const percent = (x, n = 0) => `${fixed(100 * x, n)}\u00a0%`;
const clamp = (x, low, high) => Math.max(low, Math.min(high, x));
const mean = (values) => values.reduce((sum, x) => sum + x, 0) / values.length;
const numbers = (list) => (list.length > 1 ? `${list.slice(0, -1).join(", ")} and ${list.at(-1)}` : `${list[0]}`);
const devicesNamed = (list) => `${list.length > 1 ? "devices" : "device"} ${numbers(list)}`;

// ---------------------------------------------------------------- a change: solve, draw, and later the rest

let frame = 0, rest = 0;

/** The scene has changed. */
function changed() {
  frame ||= requestAnimationFrame(redraw);
  clearTimeout(rest);
  rest = setTimeout(settled, REST);
  delete page.dataset.settled;
}

function redraw() {
  frame = 0;
  const began = performance.now();
  compute();
  draw();
  page.dataset.milliseconds = (performance.now() - began).toFixed(2);
}

function compute() {
  const { scene } = state, size = scene.devices.length;
  const start = state.answer?.w ?? null, { walk } = state;
  Object.assign(state, { answer: null, walk: null, refusal: "" });
  state.chosen = Math.max(0, Math.min(state.chosen, size - 1));
  if (!size) {
    state.refusal = "There is no device. Press the map, or “Add a device”.";
    return;
  }
  try {
    const limit = state.moving ? { limit: HASTE } : {};
    const problem = video.problemOf(scenes.toInstance(scene));
    state.table = video.optionTable(problem);
    state.answer = video.solveOptions(state.table, { start, ...limit });
    state.skipped = state.moving && walk?.allocation.frames.length === size && state.skipped < state.slowness
      ? state.skipped + 1 : 0;
    const began = performance.now();
    state.walk = state.skipped ? walk : video.channelAware(problem, state.moving ? HASTE : undefined);
    if (!state.skipped) state.slowness = Math.floor((performance.now() - began) / SHARE);
  } catch (error) {
    state.refusal = error.message;
  }
}

/** The hand rests: what is too slow or too much talk for every frame. */
function settled() {
  clearTimeout(rest);
  if (state.moving) return;
  const address = scenes.encode(state.scene);
  if (location.hash !== address) history.replaceState(null, "", address);
  drawTable();
  const { answer, refusal } = state;
  const told = ["story", "chosen", "walk"].map((name) => find(name).textContent);
  find("spoken").textContent = answer ? told.join(" ") : refusal;
  page.dataset.settled = "";
}

/** One step that can be undone: `edit` changes the scene. */
function step(edit) {
  remember();
  edit(state.scene);
  changed();
}

function remember() {
  const address = scenes.encode(state.scene);
  if (state.past.at(-1) !== address) state.past.push(address);
  state.future = [];
}

function travel(from, to, nothing) {
  if (!from.length) {
    say(nothing);
    return;
  }
  to.push(scenes.encode(state.scene));
  state.scene = scenes.decode(from.pop());
  say("");
  fillControls();
  changed();
}

/** Tell what a button did, where the drawing does not show it. */
function say(text) {
  const box = find("said");
  box.textContent = box.textContent === text && text ? `${text}\u00a0` : text; // told again, it is heard again
}

// ---------------------------------------------------------------- what hands do to a device

const inside = (x) => Math.round(clamp(x, -HALF, HALF));

/** Put a device elsewhere: its channel is that of the new place. */
function place(device, x, y) {
  Object.assign(device, { x: inside(x), y: inside(y) });
  delete device.given.uplink_rate;
  delete device.given.channel_gain;
}

function add(x, y) {
  if (state.scene.devices.length >= MOST) {
    say(`The map holds ${MOST} devices.`);
    return;
  }
  step(({ devices }) => {
    const like = devices[state.chosen] ?? DEVICE;
    const device = { ...like, given: { ...like.given } };
    place(device, x, y);
    devices.push(device);
    state.chosen = devices.length - 1;
  });
  say(`Device ${state.chosen} is new.`);
  fillControls();
}

/** A free place for a device that no pointer put: the farthest from all others. */
function freePlace() {
  const tries = Array.from({ length: 60 }, (_, i) => {
    const d = 60 + 6.5 * i, angle = i * 2.399963;
    return [d * Math.cos(angle), d * Math.sin(angle)];
  });
  const room = ([x, y]) => Math.min(300, ...state.scene.devices.map((o) => Math.hypot(o.x - x, o.y - y)));
  return tries.reduce((best, spot) => (room(spot) > room(best) ? spot : best));
}

function remove(n) {
  if (!state.scene.devices.length) {
    say("There is no device to remove.");
    return;
  }
  step(({ devices }) => devices.splice(n, 1));
  state.chosen = Math.min(n, state.scene.devices.length - 1);
  say(`Device ${n} is gone.`);
  fillControls();
}

function choose(n) {
  const size = state.scene.devices.length;
  if (!size) return;
  state.chosen = (n + size) % size;
  fillControls();
  changed();
}

// ---------------------------------------------------------------- the map

const svg = d3.select(find("map"));
const layersOf = (picture, names) =>
  Object.fromEntries(names.map((name) => [name, picture.append("g").attr("class", name)]));
const layers = layersOf(svg, ["ground", "links", "devices", "hint"]);
let metre = 1; // of the map in one pixel [m]
const width = { air: 400, server: 400, trail: 640 }; // of other pictures [px]; read while one draws, they would be slow

function drawGround() {
  const ground = layers.ground;
  ground.append("rect").attr("class", "field").attr("x", -HALF).attr("y", -HALF)
    .attr("width", 2 * HALF).attr("height", 2 * HALF);
  for (const r of [100, 200, 300, 400, 500]) {
    ground.append("circle").attr("class", "ring").attr("r", r);
    if (r % 200 === 100) ground.append("text").attr("class", "mark").attr("x", 0).attr("y", r).text(`${r} m`);
  }
  const station = ground.append("g").attr("class", "station");
  station.append("path").attr("d", "M-9 14L0 -10L9 14M-5.4 5H5.4M-2.6 -3H2.6");
  for (const [x, r] of [[7, 6], [12, 10]]) { // waves, to either side
    station.append("path").attr("d", `M${-x} ${-10 - r}A${r + 4} ${r + 4} 0 0 0 ${-x} ${r - 10}`
      + `M${x} ${-10 - r}A${r + 4} ${r + 4} 0 0 1 ${x} ${r - 10}`);
  }
  station.append("circle").attr("cy", -10).attr("r", 2.4);
  layers.hint.append("rect").attr("y", -12).attr("width", 78).attr("height", 24).attr("rx", 12);
  layers.hint.append("text").attr("dy", "0.35em").text("drag me");
}

const drag = d3.drag()
  .container(() => svg.node())
  .clickDistance(4)
  .subject((_, n) => ({ x: state.scene.devices[n].x, y: state.scene.devices[n].y }))
  .on("start", (_, n) => choose(n))
  .on("drag", (event, n) => {
    if (!state.moving) remember();
    state.moving = true;
    page.classList.add("touched");
    place(state.scene.devices[n], event.x, event.y);
    changed();
  })
  .on("end", () => {
    state.moving = false;
    changed();
  });

function listenToMap() {
  svg.on("click", (event) => {
    if (event.target.closest(".device")) return;
    add(...d3.pointer(event, svg.node()));
  });
  svg.on("keydown", (event) => {
    const device = state.scene.devices[state.chosen], far = event.shiftKey ? STRIDE : STEP;
    const moves = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] };
    const keys = {
      PageDown: () => choose(state.chosen + 1),
      PageUp: () => choose(state.chosen - 1),
      Home: () => choose(0),
      End: () => choose(-1),
      Delete: () => remove(state.chosen),
      Backspace: () => remove(state.chosen),
      "+": () => add(...freePlace()),
      Insert: () => add(...freePlace()),
    };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (moves[event.key] && device) {
      const [dx, dy] = moves[event.key];
      step(() => place(device, device.x + dx, device.y + dy));
      page.classList.add("touched");
      fillControls();
    } else if (keys[event.key]) keys[event.key]();
    else return;
    event.preventDefault();
    redrawNow();
    layers.devices.select(".chosen").node()?.focus();
  });
  const resized = new ResizeObserver(() => {
    metre = (2 * HALF + 40) / (svg.node().clientWidth || 400);
    for (const name of Object.keys(width)) width[name] = find(name).clientWidth || width[name];
    if (state.scene) changed();
  });
  for (const name of ["map", ...Object.keys(width)]) resized.observe(find(name));
}

function redrawNow() {
  cancelAnimationFrame(frame);
  redraw();
}

const SHAPES = {
  circle: "M-12 0A12 12 0 1 0 12 0A12 12 0 1 0 -12 0Z",
  square: "M-11 -8Q-11 -11 -8 -11H8Q11 -11 11 -8V8Q11 11 8 11H-8Q-11 11 -11 8Z",
  diamond: "M0 -15L15 0L0 15L-15 0Z",
};

function drawMap() {
  const { scene, answer, walk, chosen } = state, order = scene.devices.map((_, n) => n);
  const sends = (n) => answer?.allocation.offload[n] ?? false;
  layers.ground.select(".station").attr("transform", `scale(${1.25 * metre})`);
  layers.ground.selectAll(".mark").attr("font-size", 11 * metre).attr("dy", -3 * metre).attr("dx", 4 * metre);
  layers.links.selectAll("line").data(order.filter(sends), (n) => n).join("line")
    .attr("x1", 0).attr("y1", 0).attr("x2", (n) => scene.devices[n].x).attr("y2", (n) => scene.devices[n].y)
    .attr("class", (n) => (n === chosen ? "chosen" : null))
    .attr("stroke-width", (n) => metre * (1.5 + 24 * answer.allocation.time_share[n]));
  const marks = layers.devices.selectAll("g.device").data(order, (n) => n).join((enter) => {
    const g = enter.append("g").attr("role", "option").call(drag);
    g.on("focus", (_, n) => n !== state.chosen && choose(n));
    g.append("circle").attr("class", "reach").attr("r", 22);
    g.append("circle").attr("class", "other").attr("r", 19);
    g.append("path").attr("class", "body");
    g.append("text").attr("class", "id").attr("dy", "0.35em");
    g.append("text").attr("class", "frames").attr("y", 26);
    return g;
  });
  const roomy = scene.devices.length <= 20;
  marks.attr("transform", (n) => `translate(${scene.devices[n].x} ${scene.devices[n].y}) scale(${metre})`)
    .attr("class", (n) => `device ${sends(n) ? "edge" : "local"}${n === chosen ? " chosen" : ""}${
      walk && walk.allocation.offload[n] !== sends(n) ? " differs" : ""}`)
    .attr("tabindex", (n) => (n === chosen ? 0 : -1))
    .attr("aria-selected", (n) => n === chosen)
    .attr("aria-label", (n) => `Device ${n}, ${Math.round(scenes.distance(scene.devices[n]))} metres away, ${
      answer ? `${sends(n) ? "offloads" : "stays local with"} ${answer.allocation.frames[n]} frames` : "no answer"}`);
  marks.select(".body").attr("d", (n) => SHAPES[KINDS[scene.devices[n].net]]);
  marks.select(".id").text((n) => n);
  marks.select(".frames").text((n) => (answer && (roomy || n === chosen) ? `×${answer.allocation.frames[n]}` : ""));
  const first = scene.devices[chosen];
  layers.hint.attr("visibility", first ? "visible" : "hidden");
  if (first) {
    const side = first.x > 200 ? -1 : 1;
    layers.hint.attr("transform", `translate(${first.x} ${first.y}) scale(${metre})`);
    layers.hint.select("rect").attr("x", side > 0 ? 20 : -98);
    layers.hint.select("text").attr("x", 59 * side);
  }
}

// ---------------------------------------------------------------- who gets what of the air and of the server

function drawBars() {
  const { answer, chosen } = state;
  for (const [name, shares, total] of [
    ["air", answer?.allocation.time_share, answer && state.table.problem.time_budget],
    ["server", answer?.allocation.edge_frequency, answer && state.table.problem.server_frequency],
  ]) {
    let from = 0;
    const parts = (shares ?? []).map((share, n) => ({ n, share: share / total })).filter(({ share }) => share > 0);
    for (const part of parts) [part.from, from] = [from, from + part.share];
    const bar = d3.select(find(name)), marks = bar.selectAll("g").data(parts, ({ n }) => n).join((enter) => {
      const g = enter.append("g").on("click", (_, { n }) => choose(n));
      g.append("rect").attr("height", 26);
      g.append("text").attr("y", 13).attr("dy", "0.35em");
      return g;
    });
    const wide = width[name];
    marks.attr("class", ({ n }) => (n === chosen ? "chosen" : null));
    marks.select("rect").attr("x", (d) => d.from * wide).attr("width", (d) => Math.max(0.5, d.share * wide - 1.5));
    marks.select("text").attr("x", (d) => (d.from + d.share / 2) * wide)
      .text((d) => (d.share * wide > 54 ? `${d.n}: ${percent(d.share)}` : d.share * wide > 16 ? d.n : ""));
    bar.attr("aria-label", parts.length
      ? parts.map((d) => `device ${d.n} ${percent(d.share)}`).join(", ") : "nobody uses it");
    find(`${name}-idle`).hidden = parts.length > 0;
  }
}

// ---------------------------------------------------------------- the numbers, and the text that they are in

function show(values) {
  for (const [name, text] of Object.entries(values)) {
    for (const element of article.querySelectorAll(`[data-show="${name}"]`)) element.textContent = text;
  }
}

function drawNumbers() {
  const { answer, walk, scene, refusal } = state;
  page.classList.toggle("refused", !answer);
  find("refusal").textContent = refusal;
  find("why").textContent = reasonOf(refusal);
  if (!answer) {
    const names = ["sending", "delay", "energy", "accuracy", "cost", "bound", "gap", "walk"];
    show({ size: scene.devices.length, ...Object.fromEntries(names.map((name) => [name, "–"])) });
    for (const name of ["story", "chosen", "walk"]) find(name).textContent = "";
    return;
  }
  const { allocation, metrics } = answer, size = scene.devices.length;
  const sending = allocation.offload.flatMap((x, n) => (x ? [n] : []));
  show({
    size, sending: sending.length, delay: `${digits(mean(metrics.delay))}\u00a0s`,
    energy: `${digits(mean(metrics.energy))}\u00a0J`, accuracy: percent(mean(metrics.accuracy), 1),
    cost: fixed(answer.objective, 4), bound: fixed(answer.bound, 4), gap: digits(answer.objective - answer.bound, 2),
    walk: walk ? `+${percent(Math.max(0, excessOf(walk)), 1)}` : "–",
  });
  find("story").textContent = storyOf(sending);
  find("chosen").textContent = chosenStory();
  find("walk").textContent = walk ? walkStory() : "";
}

/** What to do about a refusal, beyond the command's line. */
function reasonOf(refusal) {
  if (refusal.startsWith("weights.delay")) {
    return "Without a price on delay a local device would run ever more slowly, and no cost is the least.";
  }
  if (refusal.startsWith("infeasible: (13a)")) return "Ask for less accuracy: no number of frames reaches this one.";
  return "";
}

function storyOf(sending) {
  const { answer, scene } = state, size = scene.devices.length, { frames } = answer.allocation;
  if (scene.bandwidth === 0) return "There is no bandwidth: nobody can send, and every device computes for itself.";
  if (!sending.length) return "Nobody offloads: here every device does better by itself.";
  const sent = sending.reduce((sum, n) => sum + frames[n], 0);
  const who = size === 1 ? "The only device offloads" : sending.length === size ? `All ${size} devices offload`
    : `${sending.length} of ${size} devices ${sending.length > 1 ? "offload" : "offloads"}`;
  const names = sending.length < size ? ` (${sending.length > 12 ? "blue on the map" : devicesNamed(sending)})` : "";
  const proof = answer.converged
    ? `No choice of devices and frames costs less than ${fixed(answer.bound, 4)}: that is proved, to ${
      digits(answer.objective - answer.bound, 2)}.`
    : `No choice can cost less than ${fixed(answer.bound, 4)}: that much is proved so far.`;
  return `${who}${names} and send ${sent} frames. ${proof}`;
}

function chosenStory() {
  const { answer, scene, chosen: n, table } = state, { allocation: x, metrics } = answer;
  const d = Math.round(scenes.distance(scene.devices[n])), frames = `${x.frames[n]} frame${x.frames[n] > 1 ? "s" : ""}`;
  const rate = table.problem.devices.uplink_rate[n];
  const channel = `Device ${n} is ${d} m from the station; alone on the channel it would send ${
    digits(rate / 1e6)} Mbit/s.`;
  const does = x.offload[n]
    ? `It sends ${frames}, with ${percent(x.time_share[n] / table.problem.time_budget)} of the air time and ${
      percent(x.edge_frequency[n] / table.problem.server_frequency)} of the server`
    : `It computes ${frames} itself, at ${digits(x.device_frequency[n] / 1e9)} GHz`;
  return `${channel} ${does}: ${digits(metrics.delay[n])} s, ${digits(metrics.energy[n])} J, accuracy ${
    percent(metrics.accuracy[n], 1)}, cost ${fixed(metrics.cost[n], 4)}.`;
}

/** How much more than the optimum an allocation costs, relative. */
const excessOf = ({ objective }) => (objective - state.answer.objective) / Math.abs(state.answer.objective);

function walkStory() {
  const { answer, walk } = state, a = answer.allocation.offload, b = walk.allocation.offload;
  const more = b.flatMap((x, n) => (x && !a[n] ? [n] : [])), fewer = b.flatMap((x, n) => (!x && a[n] ? [n] : []));
  const excess = excessOf(walk);
  if (!more.length && !fewer.length) {
    return "Algorithm 3 finds this optimum.";
  }
  const does = [more.length && `send ${devicesNamed(more)} too`, fewer.length && `keep ${devicesNamed(fewer)} at home`];
  return excess < 1e-9 ? `Algorithm 3 would ${does.filter(Boolean).join(", and ")}, at the same cost.`
    : `Algorithm 3 would ${does.filter(Boolean).join(", and ")}. That costs ${fixed(walk.objective, 4)}, `
      + `${percent(excess, excess < 0.001 ? 3 : 1)} more.`;
}

function drawTable() {
  const { answer, scene, table } = state, body = d3.select(find("rows"));
  const rows = answer ? scene.devices.map((device, n) => {
    const { allocation: x, metrics: m } = answer, p = table.problem;
    return [n, Math.round(scenes.distance(device)), NETWORKS[device.net].name,
      x.offload[n] ? "edge" : "local", x.frames[n],
      percent(x.time_share[n] / p.time_budget, 1), percent(x.edge_frequency[n] / p.server_frequency, 1),
      digits(m.delay[n]), digits(m.energy[n]), fixed(m.accuracy[n], 4), fixed(m.cost[n], 4)];
  }) : [];
  body.selectAll("tr").data(rows).join("tr").selectAll("td").data((row) => row).join("td").text((cell) => cell);
}

// ---------------------------------------------------------------- the dual: L over the two prices

const dual = d3.select(find("dual"));
const SIDE = 400, LEFT = 64, TOP = 8; // of its picture [px]
const LENS = { x: LEFT + SIDE - 84, y: TOP + 84, r: 76, points: 24 }; // its magnifier
const plot = layersOf(dual, ["height", "axes", "way", "lens", "points"]);
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

function drawDual() {
  const { answer } = state, seen = answer !== null && answer.w[0] + answer.w[1] > 0;
  find("dual-part").classList.toggle("idle", !seen);
  if (!seen) {
    find("price-story").textContent = answer
      ? "Nobody wants to offload, so air time and server are worth nothing here." : "";
    find("peak-story").textContent = "";
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
  const [from, to] = [at(state.prices), at(point.map((x) => Math.min(x, 1.02 * end)))];
  plot.way.selectAll("line").data([0]).join("line").attr("class", "pull").attr("marker-end", "url(#cell-arrow)")
    .attr("x1", from[0]).attr("y1", from[1]).attr("x2", to[0]).attr("y2", to[1]);
  const put = (name, w) => plot.points.select(name).attr("transform", `translate(${at(w)})`);
  put(".peak", answer.w);
  put(".used", best);
  put(".own", state.prices);
  drawLens(answer, best);
  drawPriceText(near, best);
}

/** The paths of L's contours over a square of prices, drawn as a square of `size` pixels. */
function contours(points, levels, [u, v], width, [left, top], size) {
  const L = new Float64Array(points * points), unit = width / (points - 1);
  for (let j = 0, i = 0; j < points; j++) {
    for (let k = 0; k < points; k++, i++) L[i] = valueAt(state.table, u + k * unit, v + j * unit);
  }
  const along = (k) => clamp((k - 0.5) / (points - 1), 0, 1) * size; // d3 puts value k at k + 1/2
  const line = (ring) => `M${ring.map(([k, j]) => `${(left + along(k)).toFixed(1)} ${
    (top + size - along(j)).toFixed(1)}`).join("L")}Z`;
  const found = d3.contours().size([points, points]);
  return levels.map((level) => found.contour(L, level).coordinates.flat().map(line).join(""));
}

/** L(u, v) alone, in the fewest operations: it is asked for 2000 times a frame. */
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
  const levels = [1.6, 1.2, 0.8, 0.4].map((share) => top - (share * half) ** 2);
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

function drawPriceText(near, used) {
  const { answer, prices: [u, v], table, scene } = state, size = scene.devices.length;
  const sending = near.choice.reduce((sum, k) => sum + (table.rank[k] > 0), 0);
  find("price-story").textContent = `At your prices, ${digits(v * v, 2)} for all of the air time and ${
    digits(u * u, 2)} for the whole server, ${sending || "none"} of ${size} devices would offload. `
    + `So no allocation costs less than ${fixed(near.value, 4)}. That is ${
      digits(Math.max(0, answer.objective - near.value), 2)} below the optimum.`;
  const gap = answer.objective - answer.dual, apart = (answer.w[0] - used[0]) ** 2 + (answer.w[1] - used[1]) ** 2;
  find("peak-story").textContent = gap > 1e-9 * Math.abs(answer.objective)
    ? `The top (+) bounds the cost by ${fixed(answer.dual, 4)}, still ${digits(gap, 2)} below the optimum. `
      + `${digits(apart, 2)} of it is the squared distance from the top to the optimum (○), which the magnifier shows. `
      + "The rest is paid by devices that do not take what is cheapest for them. Prices alone cannot close this gap, "
      + "since devices are whole. A search over the few devices that hesitate at these prices does."
    : "The top (+) is as high as the optimum’s cost: here prices alone prove it.";
}

function drawDualFrame() {
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
  const own = points.append("g").attr("class", "own").attr("tabindex", 0).attr("role", "img")
    .attr("aria-label", "Your prices: move them with the arrow keys");
  own.append("circle").attr("class", "reach").attr("r", 22);
  own.append("circle").attr("class", "body").attr("r", 9);
  const move = ([x, y]) => {
    state.prices = [x - LEFT, TOP + SIDE - y].map((px) => clamp(scale.invert(px), 0, scale.domain()[1]));
    cancelAnimationFrame(state.dualFrame);
    state.dualFrame = requestAnimationFrame(drawDual);
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

// ---------------------------------------------------------------- Algorithm 3: what its policies cost, one by one

const trail = d3.select(find("trail"));
const HIGH = 220, PAD = { left: 66, right: 16, top: 14, bottom: 40 }; // of its picture [px]

function drawTrail() {
  const { answer, walk } = state;
  find("trail-part").classList.toggle("idle", !walk);
  if (!walk) return;
  const costs = walk.trail, most = walk.withdrawn.length, wide = width.trail;
  const low = Math.min(answer.objective, ...costs), high = Math.max(...costs), room = 0.08 * (high - low || 1);
  const x = d3.scaleLinear([most, 0], [PAD.left, wide - PAD.right]);
  const y = d3.scaleLinear([low - room, high + room], [HIGH - PAD.bottom, PAD.top]);
  const points = costs.map((cost, i) => ({ cost, left: most - i, rises: i > 0 && cost >= costs[i - 1] }));
  const ticks = x.ticks(Math.min(most || 1, 10)).filter(Number.isInteger);
  trail.selectAll("text.across").data(ticks).join("text").attr("class", "tick across")
    .attr("x", x).attr("y", HIGH - PAD.bottom + 18).text((k) => k);
  trail.selectAll("text.up").data(y.ticks(4)).join("text").attr("class", "tick up")
    .attr("x", PAD.left - 10).attr("y", (cost) => y(cost) + 4).text((cost) => fixed(cost, 2));
  trail.select(".best").attr("x1", PAD.left).attr("x2", wide - PAD.right)
    .attr("y1", y(answer.objective)).attr("y2", y(answer.objective));
  trail.select(".steps").attr("d", `M${points.map((p) => `${x(p.left)} ${y(p.cost)}`).join("L")}`);
  trail.selectAll("circle").data(points).join("circle").attr("cx", (p) => x(p.left)).attr("cy", (p) => y(p.cost))
    .attr("r", 4.5).attr("class", (p) => (p.rises ? "rises" : p.cost === walk.objective ? "kept" : null));
  trail.select(".title").attr("x", (PAD.left + wide - PAD.right) / 2);
  trail.select(".name").attr("x", wide - PAD.right).attr("y", y(answer.objective) - 6);
}

function drawTrailFrame() {
  trail.attr("height", HIGH);
  trail.append("line").attr("class", "best");
  trail.append("text").attr("class", "name").text("the optimum");
  trail.append("path").attr("class", "steps");
  trail.append("text").attr("class", "title").attr("y", HIGH - 4)
    .text("devices that still offload, the best channels");
  trail.append("text").attr("class", "side").text("cost").attr("transform", `translate(12 ${HIGH / 2}) rotate(-90)`);
}

// ---------------------------------------------------------------- sliders, buttons, files

const LOG = { bandwidth: [0.2, 50], power: [0.05, 2] }; // sliders whose steps are ratios; the first has a 0 at its end
const UNITS = { bandwidth: "MHz", server: "GHz", power: "W", clock: "GHz" };

function fromSlider(name, value) {
  if (!LOG[name]) return value;
  const [low, high] = LOG[name];
  return name === "bandwidth" && value === 0 ? 0 : Number((low * (high / low) ** (value / 100)).toPrecision(2));
}

function toSlider(name, value) {
  if (!LOG[name]) return value;
  const [low, high] = LOG[name];
  return value === 0 ? 0 : (100 * Math.log(value / low)) / Math.log(high / low);
}

const FROM_FILE = { // a slider that moves replaces what a file has given
  bandwidth: ["uplink_rate", "channel_gain"], floor: ["min_accuracy", "min_frames"],
  power: ["uplink_rate"], clock: ["max_frequency"], net: ["macs_per_frame", "macs_offset"],
  delay: ["weight_delay"], energy: ["weight_energy"], accuracy: ["weight_accuracy"],
};

function setShared(name, value) {
  state.scene[name] = value;
  if (name === "server") delete state.scene.base.server_frequency;
  for (const device of state.scene.devices) for (const field of FROM_FILE[name] ?? []) delete device.given[field];
}

function setOwn(name, value) {
  const device = state.scene.devices[state.chosen];
  device[name] = value;
  for (const field of FROM_FILE[name]) delete device.given[field];
}

function listenToControls() {
  for (const input of article.querySelectorAll("input[type=range]")) {
    const { slider: name, own } = input.dataset;
    const hold = () => {
      if (!state.moving) remember();
      state.moving = true;
    };
    input.addEventListener("input", () => {
      if (own !== undefined && !state.scene.devices.length) return;
      hold();
      (own === undefined ? setShared : setOwn)(name, fromSlider(name, Number(input.value)));
      showControl(input);
      changed();
    });
    input.addEventListener("change", () => {
      state.moving = false;
      changed();
    });
  }
  for (const input of article.querySelectorAll("input[name=cell-net]")) {
    input.addEventListener("change", () => {
      if (state.scene.devices.length) step(() => setOwn("net", Number(input.value)));
    });
  }
  find("local").addEventListener("change", (event) => step((scene) => { scene.local = event.target.value; }));
  find("device").addEventListener("change", (event) => choose(Number(event.target.value)));
  const press = {
    add: () => add(...freePlace()),
    remove: () => remove(state.chosen),
    undo: () => travel(state.past, state.future, "There is nothing to undo."),
    redo: () => travel(state.future, state.past, "There is nothing to do again."),
    save: saveInstance,
    open: () => {
      say("Choose an instance file, or drop one on the map.");
      find("file").click();
    },
    uphill: () => setPrices(({ w }, prices) => { // half of a step along the gradient, 2 ((A, B) - w)
      const { point } = demandAt(prices);
      return prices.map((x, i) => Math.min(scale.domain()[1], x + (point[i] - x) / 4));
    }),
    peak: () => setPrices(({ w }) => w),
  };
  for (const [name, action] of Object.entries(press)) find(name).addEventListener("click", action);
  for (const button of article.querySelectorAll("[data-preset]")) {
    button.addEventListener("click", () => {
      remember();
      open(scenes.decode(PRESETS[button.dataset.preset]));
      say(`${button.textContent}: drawn.`);
    });
  }
  find("file").addEventListener("change", (event) => readFiles(event.target.files));
  article.addEventListener("dragover", (event) => event.preventDefault());
  article.addEventListener("drop", (event) => {
    event.preventDefault();
    readFiles(event.dataTransfer.files);
  });
  article.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
    event.preventDefault();
    find(event.shiftKey ? "redo" : "undo").click();
  });
  addEventListener("hashchange", () => {
    const scene = scenes.decode(location.hash);
    if (scene && location.hash !== scenes.encode(state.scene)) {
      remember();
      open(scene);
    }
  });
}

function setPrices(next) {
  if (!state.answer) {
    say("There are no prices without an answer.");
    return;
  }
  state.prices = next(state.answer, state.prices ?? state.answer.w);
  drawDual();
}

function showControl(input) {
  const { slider: name, own } = input.dataset;
  const value = own === undefined ? state.scene[name] : state.scene.devices[state.chosen]?.[name];
  if (value === undefined) return;
  const text = `${Number(value.toPrecision(3))}${UNITS[name] ? `\u00a0${UNITS[name]}` : ""}`;
  input.parentElement.querySelector("output").textContent = text;
  input.setAttribute("aria-valuetext", text);
}

/** Let the controls say what the scene is. */
function fillControls() {
  const { scene, chosen } = state, device = scene.devices[chosen];
  for (const input of article.querySelectorAll("input[type=range]")) {
    const { slider: name, own } = input.dataset, value = own === undefined ? scene[name] : device?.[name];
    if (value !== undefined) input.value = toSlider(name, value);
    showControl(input);
  }
  for (const input of article.querySelectorAll("input[name=cell-net]")) {
    input.checked = Number(input.value) === device?.net;
  }
  find("local").value = scene.local;
  d3.select(find("device")).selectAll("option").data(scene.devices).join("option").attr("value", (_, n) => n)
    .text((_, n) => `Device ${n}`).property("selected", (_, n) => n === chosen);
}

function saveInstance() {
  const text = `${JSON.stringify(scenes.toInstance(state.scene), null, 1)}\n`;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = "cell.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  say("cell.json is in your downloads. The command below solves it.");
}

async function readFiles(files) {
  if (!files.length) return;
  try {
    const instance = scenes.readFile(await files[0].text(), files[0].name);
    remember();
    open(scenes.fromInstance(instance));
    say(`${files[0].name} is on the map: each device as far away as its channel says.`);
  } catch (error) {
    say(error.message);
  }
  find("file").value = "";
}

function open(scene) {
  Object.assign(state, { scene, chosen: 0, prices: null });
  fillControls();
  changed();
}

function draw() {
  drawMap();
  drawBars();
  drawNumbers();
  drawDual();
  drawTrail();
}

// ---------------------------------------------------------------- begin

drawGround();
drawDualFrame();
drawTrailFrame();
listenToMap();
listenToControls();
open(scenes.decode(location.hash) ?? scenes.decode(PRESETS.mixed));
redrawNow();
page.classList.add("ready");

})();
