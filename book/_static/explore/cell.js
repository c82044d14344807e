// The page "The cell": a scene on a map, solved anew at every move, and what the solution says.
//
// solve.js computes, scene.js keeps the scene, map.js, dual.js and trail.js draw with d3; this file joins them.
// A move redraws within one frame; the address, the table and what a screen reader hears follow once the hand rests.
"use strict";

(function (root) {

const { video, scene: scenes, mapOf, dualOf, trailOf } = root.mecpapers;
const { digits, fixed, below, percent, clamp, mean, listed, tell, tellOnce } = root.mecpapers.text;
const { HALF, MOST, NETWORKS, DEVICE, EMPTY } = scenes;
const REST = 300; // [ms] without a change, after which the hand is said to rest
const HASTE = 20_000; // partial assignments that a move may look at; at rest solve.js has its own limit
const SHARE = 6; // [ms] of a frame for Algorithm 3: k times as slow, it is asked at every (k + 1)th frame of a move
const FIRST = 3; // the device that the page asks to drag: a heavy network with a fair channel
const READ = 6000; // [ms] that a message stays
const WARNED = 3; // numbers of a file of which one message warns: more would hide the map

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

const devicesNamed = (list) => `${list.length > 1 ? "devices" : "device"} ${listed(list)}`;

// ---------------------------------------------------------------- a change: solve, draw, and later the rest

let frame = 0, rest = 0, hush = 0;
let doubted = ""; // where a warning stands: it stays until the scene changes

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
  drawMap();
  drawNumbers();
  dual.draw();
  drawTrail();
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
  tell(find("spoken"), answer ? told.join(" ") : refusal);
  page.dataset.settled = "";
}

/** One step that can be undone: `edit` changes the scene. */
function step(edit) {
  remember();
  edit(state.scene);
  changed();
}

function remember() {
  if (doubted) say("", doubted);
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

/** Tell what a button did, where the drawing does not show it: on the map, or beside the files. */
function say(text, place = "said", stays = false) {
  const box = find(place);
  box.textContent = box.textContent === text && text ? `${text}\u00a0` : text; // told again, it is heard again
  clearTimeout(hush);
  if (stays) doubted = place;
  else {
    if (doubted === place) doubted = "";
    hush = setTimeout(() => { box.textContent = ""; }, READ);
  }
}

function redrawNow() {
  cancelAnimationFrame(frame);
  redraw();
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

// ---------------------------------------------------------------- the numbers, and the text that they are in

function show(values) {
  for (const [name, text] of Object.entries(values)) {
    for (const element of article.querySelectorAll(`[data-show="${name}"]`)) tell(element, String(text));
  }
}

function drawNumbers() {
  const { answer, walk, scene, refusal } = state;
  page.classList.toggle("refused", !answer);
  tell(find("refusal"), refusal);
  tell(find("why"), reasonOf(refusal));
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
  tell(find("story"), `${storyOf(sending)} ${proofOf(answer)}`);
  tell(find("chosen"), chosenStory());
  tell(find("walk"), walk ? walkStory() : "");
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
  return `${who}${names} and ${sending.length > 1 ? "send" : "sends"} ${sent} frames.`;
}

function proofOf({ converged, bound, objective }) {
  const given = state.scene.local === "eq31" ? ", as long as local devices follow Theorem 1" : "";
  return converged
    ? `No choice of devices and frames costs less than ${fixed(bound, 4)}${given}: that is proved, to ${
      digits(objective - bound, 2)}.`
    : `No choice can cost less than ${below(bound, 4)}${given}: that much is proved so far.`;
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
  bandwidth: ["uplink_rate"], floor: ["min_accuracy", "min_frames"],
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
      say("Choose an instance file, or drop one on this page.", "said-file");
      find("file").click();
    },
    uphill: dual.uphill,
    peak: dual.peak,
  };
  for (const [name, action] of Object.entries(press)) find(name).addEventListener("click", action);
  for (const button of article.querySelectorAll("[data-preset]")) {
    button.addEventListener("click", () => {
      remember();
      open(scenes.decode(PRESETS[button.dataset.preset]));
    });
  }
  find("file").addEventListener("change", (event) => readFiles(event.target.files, "said-file"));
  article.addEventListener("dragover", (event) => event.preventDefault());
  article.addEventListener("drop", (event) => {
    event.preventDefault();
    readFiles(event.dataTransfer.files, page.contains(event.target) ? "said" : "said-file");
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

function showControl(input) {
  const { slider: name, own } = input.dataset;
  const value = own === undefined ? state.scene[name] : state.scene.devices[state.chosen]?.[name];
  if (value === undefined) return;
  const text = `${Number(value.toPrecision(3))}${UNITS[name] ? `\u00a0${UNITS[name]}` : ""}`;
  input.previousElementSibling.textContent = text;
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
  if (!state.scene.devices.length) {
    say("There is no device, so there is nothing to solve.", "said-file");
    return;
  }
  const text = `${JSON.stringify(scenes.toInstance(state.scene), null, 1)}\n`;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = "cell.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  say("cell.json is in your downloads. The command below solves it.", "said-file");
}

/** Put a file on the map; what there is to say of it stands where the file was given. */
async function readFiles(files, place) {
  if (!files.length) return;
  try {
    const instance = scenes.readFile(await files[0].text(), files[0].name);
    remember();
    open(scenes.fromInstance(instance));
    const doubts = scenes.doubtsOf(instance), more = doubts.length - WARNED;
    const warning = doubts.slice(0, WARNED).map((doubt) => ` Warning: ${doubt}`).join("");
    const others = more > 0 ? ` And ${more} more such ${more > 1 ? "warnings" : "warning"}; the command prints all.` : "";
    const put = `${files[0].name} is on the map: each device as far away as its channel says.`;
    say(`${put}${warning}${others}`, place, doubts.length > 0);
  } catch (error) {
    say(error.message, place);
  }
  find("file").value = "";
}

function open(scene, chosen = 0) {
  Object.assign(state, { scene, chosen, prices: null });
  fillControls();
  changed();
}

// ---------------------------------------------------------------- begin

tellOnce(d3.select(page).constructor);
const cell = { // what the pictures see of this page
  state, page, find, say, changed, choose, add, remove, remember, step, place, freePlace, fillControls, redrawNow,
};
const drawMap = mapOf(cell), dual = dualOf(cell), drawTrail = trailOf(cell);
listenToControls();
open(scenes.decode(location.hash) ?? scenes.decode(PRESETS.mixed), location.hash.startsWith("#cell=") ? 0 : FIRST);
redrawNow();

})(globalThis);
