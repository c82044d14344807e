// The proved optimum of Paper I in the browser: what `mecpapers solve FILE.json` computes, for any script.
//
//   window.mecpapers.solve(instance)   the object of an instance file in, the object of `--json` out
//
// An instance that the command refuses is refused here with the command's own line: an Error whose message names the
// field, the value and the rule. Numbers in brackets are the equations of the paper; the formulas, and the proof of the
// bound, are those of mecpapers.video (model, local, edge, options, bounds). No library, no request.
"use strict";

(function (root) {

const UNIT = 2 ** -53; // one rounding, relative
const UNITS = 24; // roundings in a difference of what two options cost: 12 a term, 9 to make it and 3 to add it up
const TOLERANCE = 1e-9; // relative slack of Phi(M) >= alpha
const GAP = 1e-9; // relative gap at which the search is content
const LIMIT = 1_000_000; // partial assignments looked at: about a second
const FEW = 1000; // of them, up to which the search is completed even if it might be content before
const MOST_OPTIONS = 4_000_000; // of all devices: 0.2 GB

// ---------------------------------------------------------------- numbers as Python writes them

const trimmed = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);

/** C's %.{digits}g. */
function general(value, digits = 6) {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa, power] = value.toExponential(digits - 1).split("e");
  const exponent = Number(power);
  if (exponent >= -4 && exponent < digits) return trimmed(value.toFixed(digits - 1 - exponent));
  return `${trimmed(mantissa)}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** A number inside of a list or an object: the shortest text that reads back as this number. */
function shortest(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
  const size = Math.abs(value);
  if (size >= 1e16 || (size < 1e-4 && size > 0)) {
    const [mantissa, power] = value.toExponential().split("e");
    return `${mantissa}e${power[0]}${power.slice(1).padStart(2, "0")}`;
  }
  return Number.isInteger(value) ? `${Object.is(value, -0) ? "-0" : value}.0` : String(value);
}

function asJson(value) {
  if (typeof value === "number") return shortest(value);
  if (typeof value === "string") {
    const escaped = (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;
    return JSON.stringify(value).replace(/[\u007f-\uffff]/g, escaped);
  }
  if (Array.isArray(value)) return `[${value.map(asJson).join(", ")}]`;
  if (value && typeof value === "object") {
    return `{${Object.entries(value).map(([name, item]) => `${asJson(name)}: ${asJson(item)}`).join(", ")}}`;
  }
  return String(value);
}

/** A value as an error shows it, at most 40 characters of it. */
function shown(value) {
  const text = typeof value === "number" ? general(value, 12) : asJson(value);
  return text.length <= 40 ? text : `${text.slice(0, 37)}...`;
}

const quoted = (word) => (word.includes("'") && !word.includes('"') ? `"${word}"` : `'${word.replace(/'/g, "\\'")}'`);

function kind(value) {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return { boolean: "a boolean", string: "a string", object: "an object" }[typeof value] ?? "a number";
}

// ---------------------------------------------------------------- the instance, checked (instance.py, arrays.py)

const PAPERS = ["video", "fhei", "pose"];
const ABOUT = ["name", "source", "licence", "note"];
const POSITIVE = ["must be positive", (v) => v > 0];
const NON_NEGATIVE = ["must not be negative", (v) => v >= 0];
const FINITE = ["must be finite", Number.isFinite];
const COUNT = ["must be a whole number, 1 or more", (v) => v >= 1 && v === Math.round(v)];
const FRACTION = ["must lie between 0 and 1", (v) => v >= 0 && v <= 1];
const ABOVE_MINUS_ONE = ["must be above -1", (v) => v > -1];

const DEVICE_RULES = {
  uplink_rate: NON_NEGATIVE, // R_n [bit/s] (8); with 0 a device cannot offload
  channel_gain: POSITIVE, // h_n [1]; it only orders Algorithm 3
  transmit_power: NON_NEGATIVE, // p_n [W] (10)
  frame_bits: POSITIVE, // d [bit]
  max_frequency: POSITIVE, // f_n^max [cycle/s] (13f)
  energy_coefficient: NON_NEGATIVE, // kappa [J s^2/cycle^3] (7)
  macs_per_frame: NON_NEGATIVE, // m_c,0 [MAC] (14)
  macs_offset: FINITE, // m_c,1 [MAC] (14)
  accuracy_a0: NON_NEGATIVE, // m_a,0 [1] (15)
  accuracy_a1: ABOVE_MINUS_ONE, // m_a,1 [1] (15)
  accuracy_a2: NON_NEGATIVE, // m_a,2 [1] (15)
  min_accuracy: FRACTION, // alpha_n [1] (13a)
  max_frames: COUNT, // M_n^max [1] (13b)
  min_frames: COUNT, // M_n^min [1]; given, it replaces (13a)
  weight_delay: POSITIVE, // beta_1 [1/s] (13)
  weight_energy: NON_NEGATIVE, // beta_2 [1/J] (13)
  weight_accuracy: NON_NEGATIVE, // beta_3 [1] (13)
};
const SHARED_RULES = {
  server_frequency: POSITIVE, // f^max [cycle/s] (13d)
  time_budget: POSITIVE, // right side of (13c) [1]
  cycles_per_mac: POSITIVE, // rho [cycle/MAC] (5)
};
const WEIGHTS = { delay: "weight_delay", energy: "weight_energy", accuracy: "weight_accuracy" };
const OPTIONAL = ["channel_gain", "min_frames", ...Object.values(WEIGHTS)];
const REQUIRED = Object.keys(DEVICE_RULES).filter((name) => !OPTIONAL.includes(name));

function refuse(message) {
  throw new Error(message);
}

function checkFields(where, given, required, optional) {
  const missing = required.find((name) => !(name in given));
  if (missing) refuse(`${where}${missing} is missing: must be given`);
  const known = [...required, ...optional];
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const plain = /^[\p{L}_][\p{L}\p{N}_]{0,39}$/u.test(name);
    refuse(`${where}${plain ? name : shown(name)} is unknown: must be one of ${known.join(", ")}`);
  }
}

function checkObject(where, value) {
  if (kind(value) !== "an object") refuse(`${where} = ${shown(value)}: must be an object, not ${kind(value)}`);
}

function checkNumber(where, value) {
  if (typeof value !== "number") refuse(`${where} = ${shown(value)}: must be a number, not ${kind(value)}`);
}

/** A number, or a list of them, every one finite and within its rule. */
function checkValues(name, value, rule) {
  if (Array.isArray(value) && !value.length) refuse(`${name} = []: must hold at least one device`);
  for (const [text, holds] of [FINITE, rule]) {
    const wrong = [value].flat().findIndex((v) => !holds(v));
    if (wrong < 0) continue;
    const place = Array.isArray(value) ? `[${wrong}]` : "";
    refuse(`${name}${place} = ${general([value].flat()[wrong] + 0, 12)}: ${text}`); // + 0: no negative zero
  }
}

/**
 * The problem P2, (16), that an instance describes: N, the shared numbers, and a Float64Array of length N a field.
 * A scalar stands for all devices.
 */
function problemOf(instance) {
  checkInstance(instance);
  const values = { ...Object.fromEntries(Object.entries(WEIGHTS).map(([k, name]) => [name, instance.weights[k]])) };
  Object.assign(values, instance.devices);
  const names = Object.keys(DEVICE_RULES).filter((name) => name in values);
  for (const name of names) checkValues(`devices.${name}`, values[name], DEVICE_RULES[name]);
  const lists = names.filter((name) => Array.isArray(values[name]));
  const size = lists.length ? values[lists[0]].length : 1;
  for (const name of lists) {
    const own = values[name].length;
    if (own === size) continue;
    refuse(`devices.${name} has ${own} values: must have as many as ${lists[0]}, ${size}`);
  }
  const v = { size };
  for (const name of names) {
    v[name] = new Float64Array(size);
    for (let n = 0; n < size; n++) v[name][n] = (Array.isArray(values[name]) ? values[name][n] : values[name]) + 0;
  }
  v.needed = new Float64Array(size).map((_, n) => framesNeeded(v, n));
  checkTogether(v);
  for (const name of Object.keys(SHARED_RULES)) checkNumber(name, instance[name]);
  if (!["eq7", "eq31"].includes(instance.local_energy)) {
    refuse(`local_energy = ${quoted(instance.local_energy)}: must be one of eq7, eq31`);
  }
  for (const [name, rule] of Object.entries(SHARED_RULES)) checkValues(name, instance[name], rule);
  return {
    devices: v,
    server_frequency: instance.server_frequency,
    time_budget: instance.time_budget,
    cycles_per_mac: instance.cycles_per_mac,
    local_energy: instance.local_energy,
  };
}

/** Fields and kinds, in the order of the command's checks. */
function checkInstance(instance) {
  if (kind(instance) !== "an object") refuse(`instance: must be a JSON object, not ${kind(instance)}`);
  if (!("paper" in instance) || instance.paper === null) {
    refuse(`paper is missing: must be one of ${PAPERS.join(", ")}`);
  }
  if (!PAPERS.includes(instance.paper)) {
    refuse(`paper = ${shown(instance.paper)}: must be one of ${PAPERS.join(", ")}`);
  }
  if (instance.paper !== "video") refuse(`paper = ${shown(instance.paper)}: must be video, which alone is solved here`);
  const { about = {}, ...rest } = instance;
  checkAbout(about);
  checkFields("", rest, ["paper", "local_energy", "weights", ...Object.keys(SHARED_RULES), "devices"], []);
  checkObject("weights", instance.weights);
  checkFields("weights.", instance.weights, Object.keys(WEIGHTS), []);
  checkObject("devices", instance.devices);
  checkFields("devices.", instance.devices, REQUIRED, OPTIONAL);
  for (const [name, value] of Object.entries(instance.devices)) {
    if (Array.isArray(value)) value.forEach((item, i) => checkNumber(`devices.${name}[${i}]`, item));
    else checkNumber(`devices.${name}`, value);
  }
  for (const [key, name] of Object.entries(WEIGHTS)) {
    checkNumber(`weights.${key}`, instance.weights[key]);
    checkValues(`weights.${key}`, instance.weights[key], DEVICE_RULES[name]);
  }
  if (typeof instance.local_energy !== "string") {
    refuse(`local_energy = ${shown(instance.local_energy)}: must be a string`);
  }
}

/** What an instance says about itself; it changes no answer (instances.py). */
function checkAbout(about) {
  checkObject("about", about);
  checkFields("about.", about, [], [...ABOUT, "best_known"]);
  for (const [name, value] of Object.entries(about)) {
    if (name === "best_known") {
      checkNumber("about.best_known", value);
      if (!Number.isFinite(value)) refuse(`about.best_known = ${general(value)}: must be finite`);
    } else if (typeof value !== "string") {
      refuse(`about.${name} = ${shown(value)}: must be a string, not ${kind(value)}`);
    }
  }
}

/** What two fields of a device say together. */
function checkTogether(v) {
  for (let n = 0; v.min_frames && n < v.size; n++) {
    if (v.min_frames[n] <= v.max_frames[n]) continue;
    refuse(`devices.min_frames[${n}] = ${general(v.min_frames[n], 12)}: must not exceed max_frames`);
  }
  for (let n = 0; n < v.size; n++) {
    if (macs(v, n, Math.min(v.needed[n], v.max_frames[n])) > 0) continue;
    refuse(`devices.macs_offset[${n}] = ${general(v.macs_offset[n], 12)}: must leave C(M) > 0 at the fewest frames`);
  }
}

// ---------------------------------------------------------------- the model: (5)-(18), of device n with M frames

/** C(M) = m_c0 M + m_c1 [MAC] (14). */
const macs = (v, n, frames) => v.macs_per_frame[n] * frames + v.macs_offset[n];

/** Phi(M) = -m_a0 / (M + m_a1) + m_a2 [1] (15). */
const accuracy = (v, n, frames) => v.accuracy_a2[n] - v.accuracy_a0[n] / (frames + v.accuracy_a1[n]);

/** D = rho C(M) / f [s], on the device (5) as at the edge (6). */
const computingDelay = (p, n, frames, frequency) => (p.cycles_per_mac * macs(p.devices, n, frames)) / frequency;

/** E^md = kappa rho C(M) f^2 [J] (7), or without rho as (31) prints it. */
function computingEnergy(p, n, frames, frequency) {
  const rho = p.local_energy === "eq7" ? p.cycles_per_mac : 1;
  return p.devices.energy_coefficient[n] * rho * macs(p.devices, n, frames) * frequency ** 2;
}

/** D^t = M d / (R t) [s] (9). */
const sendingDelay = (v, n, frames, share) => (frames * v.frame_bits[n]) / (v.uplink_rate[n] * share);

/** E^t = M d p / R [J] (10). */
function sendingEnergy(v, n, frames) {
  return v.transmit_power[n] > 0 ? (frames * v.frame_bits[n] * v.transmit_power[n]) / v.uplink_rate[n] : 0;
}

/** beta_2 E [cost]; 0 where energy weighs nothing, even if it is infinite. */
const energyCost = (v, n, energy) => (v.weight_energy[n] > 0 ? v.weight_energy[n] * energy : 0);

/** The fewest whole M >= 1 with Phi(M) >= alpha (13a), or min_frames where given; infinite if there is none. */
function framesNeeded(v, n) {
  if (v.min_frames) return v.min_frames[n];
  const slack = v.accuracy_a2[n] - v.min_accuracy[n];
  if (v.accuracy_a0[n] === 0 && slack >= 0) return 1;
  if (!(slack > 0)) return Infinity;
  return Math.max(1, Math.ceil((v.accuracy_a0[n] / slack - v.accuracy_a1[n]) * (1 - TOLERANCE)));
}

/** Refuse, as infeasible, an accuracy that M^max frames do not reach. */
function checkAccuracy(v) {
  const beyond = [...v.needed.keys()].filter((n) => v.needed[n] > v.max_frames[n]);
  if (!beyond.length) return;
  const n = beyond[0], attainable = accuracy(v, n, v.max_frames[n]);
  const more = beyond.length > 1 ? ` (and ${beyond.length - 1} more devices)` : "";
  refuse(
    `infeasible: (13a) device ${n} needs an accuracy of ${general(v.min_accuracy[n])}, but ` +
      `${general(v.max_frames[n])} frames reach ${general(attainable)}: ` +
      `${general(v.min_accuracy[n] - attainable, 3)} short${more}`
  );
}

const clip = (value, low, high) => Math.min(Math.max(value, low), high);

/** The nearest whole number, halves to the even one. */
function rounded(value) {
  const nearest = Math.round(value);
  return nearest - value === 0.5 && nearest % 2 ? nearest - 1 : nearest;
}

/** Theorem 1: the best speed (20) [cycle/s], frames (21) and cost (17) of every device that computes for itself. */
function solveLocal(p) {
  const v = p.devices, best = { frequency: [], frames: [], cost: [] };
  checkAccuracy(v);
  for (let n = 0; n < v.size; n++) {
    const kappa = v.weight_energy[n] * v.energy_coefficient[n];
    const f = Math.min(Math.cbrt(v.weight_delay[n] / (2 * kappa)), v.max_frequency[n]); // (20)
    const marginal = p.cycles_per_mac * v.macs_per_frame[n] * (v.weight_delay[n] / f + kappa * f ** 2);
    const gain = v.weight_accuracy[n] * v.accuracy_a0[n];
    const interior = gain > 0 ? Math.sqrt(gain / marginal) - v.accuracy_a1[n] : 0;
    const relaxed = clip(interior, v.needed[n], v.max_frames[n]); // (21)
    const cost = (frames) => v.weight_delay[n] * computingDelay(p, n, frames, f)
      + energyCost(v, n, computingEnergy(p, n, frames, f)) - v.weight_accuracy[n] * accuracy(v, n, frames); // (17)
    const low = Math.floor(relaxed), high = Math.ceil(relaxed);
    const frames = p.local_energy === "eq31" ? rounded(relaxed) : cost(low) <= cost(high) ? low : high;
    best.frequency.push(f);
    best.frames.push(frames);
    best.cost.push(cost(frames));
  }
  const beyond = best.cost.findIndex((c) => !Number.isFinite(c));
  if (beyond >= 0) {
    refuse(`the local cost of device ${beyond} leaves the range of float64: must be finite, with all that makes it up`);
  }
  checkLoads(p, best.frequency);
  return best;
}

/** Refuse a load of the fewest frames, or a delay's cost, that is so small that doubles keep too few of its digits. */
function checkLoads(p, frequency) {
  const v = p.devices, every = [...v.needed.keys()], tiny = 2 ** -1022;
  const cycles = every.map((n) => p.cycles_per_mac * (v.macs_per_frame[n] * v.needed[n] + v.macs_offset[n]));
  const sending = every.map((n) => (v.frame_bits[n] * v.needed[n]) / (v.uplink_rate[n] * p.time_budget));
  const delay = every.map(
    (n) => v.weight_delay[n] * Math.min(cycles[n] / Math.max(frequency[n], p.server_frequency), sending[n])
  );
  for (const [field, what, load] of [
    ["cycles_per_mac", "cycles of a task", cycles],
    ["frame_bits", "time on air", sending],
    ["weight_delay", "cost of a delay", delay],
  ]) {
    const n = load.findIndex((one) => one < tiny);
    if (n < 0) continue;
    const words = `must be ${general(tiny, 3)} or more, where float64 has all its digits, not ${general(load[n], 3)}`;
    refuse(`${field} = ${general(v[field]?.[n] ?? p[field])}: the ${what} of device ${n} ${words}`);
  }
}

// ---------------------------------------------------------------- one option a device (options/table.py)

/**
 * What every device can do. By Theorem 2 an assignment of one option a device costs A^2 + B^2 + E, the sums over the
 * devices of a = sqrt(beta_1 rho C(M) / f^max), b = sqrt(beta_1 d M / (R T)) and e = beta_2 E^t - beta_3 Phi(M), (27);
 * to stay local is a = b = 0 and e = F_0 (17).
 *
 * The options of device n are those from first[n] to first[n + 1]; rank is 0 for staying local, else M.
 * `offload`, an array of booleans, confines them to one policy.
 */
function optionTable(p, offload = null) {
  const v = p.devices, local = (p.local ??= solveLocal(p)); // every policy of a problem shares it
  checkOptions(p);
  const table = { problem: p, local, first: [0], rank: [], a: [], b: [], e: [] };
  const add = (rank, a, b, e) => {
    table.rank.push(rank);
    table.a.push(a);
    table.b.push(b);
    table.e.push(e);
  };
  for (let n = 0; n < v.size; n++) {
    if (!offload || !offload[n]) add(0, 0, 0, local.cost[n]);
    const worth = local.cost[n] + 2 * UNITS * UNIT * sizes(p, n, local.cost[n]);
    for (let m = v.needed[n]; m <= (offload && !offload[n] ? 0 : usefulFrames(p, n)); m++) {
      const a = Math.sqrt(v.weight_delay[n] * ((p.cycles_per_mac * macs(v, n, m)) / p.server_frequency));
      const b = Math.sqrt(v.weight_delay[n] * ((v.frame_bits[n] * m) / (v.uplink_rate[n] * p.time_budget)));
      const e = energyCost(v, n, sendingEnergy(v, n, m)) - v.weight_accuracy[n] * accuracy(v, n, m);
      if (offload || a * a + b * b + e < worth) add(m, a, b, e); // else dearer alone than locally
    }
    table.first.push(table.e.length);
  }
  for (const name of ["a", "b", "e"]) table[name] = Float64Array.from(table[name]);
  return table;
}

/** Refuse a table that is too large for a browser. */
function checkOptions(p) {
  let sum = 0, most = 0;
  for (let n = 0; n < p.devices.size; n++) {
    const own = usefulFrames(p, n) - p.devices.needed[n] + 2;
    sum += own;
    most = Math.max(most, own);
  }
  if (sum <= MOST_OPTIONS) return;
  refuse(`devices: ${p.devices.size} with up to ${general(most, 12)} options each: must have at most `
    + `${MOST_OPTIONS} in all here; the command can do more`);
}

/** The most frames worth sending: beyond, what a device costs alone only grows, and what it costs the others. */
function usefulFrames(p, n) {
  const v = p.devices;
  const a0 = (v.weight_delay[n] * p.cycles_per_mac * v.macs_per_frame[n]) / p.server_frequency;
  const bt = (v.weight_delay[n] * v.frame_bits[n]) / (v.uplink_rate[n] * p.time_budget);
  const slope = Math.max(a0 + bt + energyCost(v, n, sendingEnergy(v, n, 1)), Number.MIN_VALUE);
  const most = Math.ceil(Math.sqrt((v.weight_accuracy[n] * v.accuracy_a0[n]) / slope) - v.accuracy_a1[n]);
  return clip(most, v.needed[n], v.max_frames[n]);
}

/** The most that the absolute terms of an option that costs this much add up to [cost]. */
function sizes(p, n, cost) {
  const reward = p.devices.weight_accuracy[n] * p.devices.accuracy_a2[n];
  return cancelling(p.devices, n, p.devices.needed[n]) * (Math.abs(cost) + reward) + reward;
}

/** By how much the terms of C(M) exceed it: 1 where m_c1 >= 0. */
const cancelling = (v, n, frames) =>
  (v.macs_per_frame[n] * frames + Math.abs(v.macs_offset[n])) / macs(v, n, frames);

// ---------------------------------------------------------------- the dual (options/ascent.py)

/**
 * L and the options as seen from w = (u, v), the congestion: reduced costs r, each device's cheapest option `choice`,
 * what it costs there, and the residual (A, B) - w. The prices are u^2 / f^max a cycle/s and v^2 / T of air time.
 *
 *   L(w) = -|w|^2 + sum_n min_o (e + 2 u a + 2 v b)   bounds the cost of every assignment from below, and
 *   cost(x) = L(w) + sum_n r_n(x_n) + |(A, B) - w|^2.
 */
function lookFrom(table, u, v) {
  const { first, a, b, e } = table, size = first.length - 1;
  const near = { w: [u, v], r: new Float64Array(e.length) };
  Object.assign(near, { choice: new Int32Array(size), least: new Float64Array(size) });
  let A = 0, B = 0, total = 0, largest = 0, sum = 0;
  for (let n = 0; n < size; n++) {
    let k = first[n];
    for (let o = first[n]; o < first[n + 1]; o++) {
      near.r[o] = e[o] + 2 * u * a[o] + 2 * v * b[o];
      if (near.r[o] < near.r[k]) k = o;
    }
    const least = near.r[k];
    for (let o = first[n]; o < first[n + 1]; o++) near.r[o] -= least;
    near.choice[n] = k;
    near.least[n] = least;
    sum += least;
    total += Math.abs(least);
    largest = Math.max(largest, Math.abs(least));
    A += a[k];
    B += b[k];
  }
  return { ...near, value: sum - u * u - v * v, residual: [A - u, B - v], total, largest };
}

/** The options that can be cheapest in a square of prices: the dearer, the fewer frames, so two corners tell. */
function within({ first, a, b, e }, u, v, width) {
  const kept = { first: [0], a: [], b: [], e: [] };
  const cheapest = (n, p, q) => {
    const cost = (o) => e[o] + 2 * (p * a[o] + q * b[o]);
    let k = first[n];
    for (let o = k + 1; o < first[n + 1]; o++) if (cost(o) < cost(k)) k = o;
    return k;
  };
  for (let n = 0; n + 1 < first.length; n++) {
    const most = cheapest(n, u, v);
    for (let o = cheapest(n, u + width, v + width); o <= most; o++) {
      for (const [name, column] of [["a", a], ["b", b], ["e", e]]) kept[name].push(column[o]);
    }
    kept.first.push(kept.e.length);
  }
  return kept;
}

const COARSE = 1e-9, FINE = 1e-15; // the end of an ascent: the dual gap left, relative to the terms that L adds up
const MOST_CUTS = 18, MOST_SWEEPS = 100; // kept by an ascent, and made

/**
 * Maximise L around w by cutting planes: every sweep over the devices gives an assignment, and with it a cut; the
 * master keeps -|z|^2. Returns the step z from w, and what L may still gain.
 */
function ascend(table, near, tolerance) {
  const { first, a, b } = table, { r, choice, residual } = near;
  let cuts = [[residual[0], residual[1], 0]], best = [0, 0], lower = 0;
  let z = residual, upper = residual[0] ** 2 + residual[1] ** 2;
  for (let sweep = 0; sweep < MOST_SWEEPS && upper - lower > tolerance; sweep++) {
    let [p, q] = residual, level = 0;
    for (let n = 0; n < choice.length; n++) {
      const own = choice[n];
      let k = own, least = Infinity;
      for (let o = first[n]; o < first[n + 1]; o++) {
        const price = r[o] + 2 * (z[0] * (a[o] - a[own]) + z[1] * (b[o] - b[own]));
        if (price < least) [k, least] = [o, price];
      }
      p += a[k] - a[own];
      q += b[k] - b[own];
      level += r[k];
    }
    const value = level + 2 * (z[0] * p + z[1] * q) - z[0] * z[0] - z[1] * z[1];
    if (value > lower) [best, lower] = [z, value];
    const height = (cut) => cut[2] + 2 * (cut[0] * z[0] + cut[1] * z[1]);
    if (cuts.length >= MOST_CUTS) cuts = cuts.sort((c, d) => height(c) - height(d)).slice(0, MOST_CUTS - 1);
    cuts.push([p, q, level]);
    [z, upper] = highestPoint(cuts);
  }
  return { shift: best, gap: Math.max(0, upper - lower) };
}

/** Maximise -|z|^2 + min over the cuts (level + 2 z.slope); the last cut is active, with none, one or two others. */
function highestPoint(cuts) {
  const [p, q, level] = cuts[cuts.length - 1], others = cuts.slice(0, -1);
  const edges = others.map((cut) => [cut[0] - p, cut[1] - q, (level - cut[2]) / 2]); // they meet where z.edge = s
  let best = null, highest = -Infinity;
  const judge = (x, y) => {
    let least = Infinity;
    for (const cut of cuts) least = Math.min(least, cut[2] + 2 * (x * cut[0] + y * cut[1]));
    const value = least - x * x - y * y;
    if (value > highest) [best, highest] = [[x, y], value];
  };
  judge(p, q);
  edges.forEach(([x, y, s], i) => {
    const along = (s - x * p - y * q) / (x * x + y * y);
    judge(p + along * x, q + along * y);
    for (const [x2, y2, s2] of edges.slice(i + 1)) {
      const area = x * y2 - x2 * y;
      judge((s * y2 - s2 * y) / area, (x * s2 - x2 * s) / area); // parallel cuts have no corner: NaN, never highest
    }
  });
  return [best, highest];
}

/** Where L is highest, as `lookFrom` sees it; `start` is a w that may be near, such as that of a scene much like it. */
function locate(table, start = null) {
  const [u, v] = start ?? [0, 0], from = ({ w }, { shift }) =>
    lookFrom(table, Math.max(w[0] + shift[0], 0), Math.max(w[1] + shift[1], 0));
  let near = lookFrom(table, u, v);
  near = from(near, ascend(table, near, COARSE * near.total));
  return from(near, ascend(table, near, FINE * near.largest)); // from nearby, where sums keep their digits
}

// ---------------------------------------------------------------- an assignment to beat (bounds/rounding.py)

const CHEAPEST = 60; // moves that a flip combines, in pairs
const FLIPS = 20;

/** The excess, sum r + |(A, B) - w|^2, of one option a device: what it costs beyond L(w). */
function excessOf(table, near, rows) {
  let [P, Q] = near.residual, r = 0;
  for (let n = 0; n < rows.length; n++) {
    const own = near.choice[n], k = rows[n];
    if (k === own) continue;
    P += table.a[k] - table.a[own];
    Q += table.b[k] - table.b[own];
    r += near.r[k];
  }
  return { P, Q, excess: r + P * P + Q * Q };
}

/** Round the dual's choice: a prefix of the cheapest moves, then flips of one or two devices while they help. */
function incumbent(table, near) {
  let best = { rows: near.choice.slice(), ...excessOf(table, near, near.choice) };
  const improve = (rows) => {
    const found = excessOf(table, near, rows);
    if (!(found.excess < best.excess)) return false;
    best = { rows, ...found };
    return true;
  };
  improve(bestPrefix(table, near));
  for (let i = 0; i < FLIPS && improve(bestFlip(table, near, best)); i++);
  return best;
}

/** Move device after device to its second choice, the cheapest first, ties by the best rate; stop at the best. */
function bestPrefix(table, near) {
  const { first, a, b } = table, rate = table.problem.devices.uplink_rate, moves = [];
  for (let n = 0; n < near.choice.length; n++) {
    let second = -1;
    for (let o = first[n]; o < first[n + 1]; o++) {
      if (o !== near.choice[n] && (second < 0 || near.r[o] < near.r[second])) second = o;
    }
    if (second >= 0) moves.push([n, second]);
  }
  moves.sort(([m, i], [n, j]) => near.r[i] - near.r[j] || rate[n] - rate[m]);
  let [P, Q] = near.residual, r = 0, least = P * P + Q * Q, length = 0;
  moves.forEach(([n, k], i) => {
    P += a[k] - a[near.choice[n]];
    Q += b[k] - b[near.choice[n]];
    r += near.r[k];
    if (r + P * P + Q * Q < least) [least, length] = [r + P * P + Q * Q, i + 1];
  });
  const rows = near.choice.slice();
  for (const [n, k] of moves.slice(0, length)) rows[n] = k;
  return rows;
}

/** Make the best change of one or two devices among the cheapest moves. */
function bestFlip(table, near, { rows, P, Q, excess }) {
  const { first, a, b } = table;
  let moves = [];
  for (let n = 0; n < rows.length; n++) {
    for (let o = first[n]; o < first[n + 1]; o++) {
      if (o !== rows[n] && near.r[o] < excess) moves.push({ n, o, price: near.r[o] - near.r[rows[n]] });
    }
  }
  moves = moves.sort((x, y) => x.price - y.price).slice(0, CHEAPEST);
  for (const move of moves) {
    move.p = a[move.o] - a[rows[move.n]];
    move.q = b[move.o] - b[rows[move.n]];
    move.gain = move.price + 2 * (P * move.p + Q * move.q) + move.p ** 2 + move.q ** 2;
  }
  let least = Infinity, chosen = [];
  moves.forEach((x, i) => {
    if (x.gain < least) [least, chosen] = [x.gain, [x]];
    for (let j = i + 1; j < moves.length; j++) {
      const y = moves[j], both = x.gain + y.gain + 2 * (x.p * y.p + x.q * y.q);
      if (both < least && x.n !== y.n) [least, chosen] = [both, [x, y]];
    }
  });
  const flipped = rows.slice();
  for (const { n, o } of chosen) flipped[n] = o;
  return flipped;
}

// ---------------------------------------------------------------- what is left to decide (bounds/enumeration.py)

const ANGLES = 32; // multipliers around 0, of length 0.8 sqrt(excess); and 0
const MOST_BOUNDS = 20_000_000; // numbers that bound what is to come: 160 MB

/**
 * The core: devices with more than one option that may better the incumbent; no better assignment uses an option with
 * r above its excess. Devices that differ in nothing but their rate are a class. There is an optimum in which a better
 * rate never sends fewer frames, staying local counting as none; so a class is walked from its best rate on, and its
 * ranks never rise. Classes with long steps come first, as short ones can no longer make up for them.
 */
function coreOf(table, near, best) {
  const { first, a, b, rank, problem: { devices } } = table;
  const names = Object.keys(DEVICE_RULES).filter((k) => devices[k] && k !== "uplink_rate" && k !== "channel_gain");
  const core = [], longest = new Map();
  for (let n = 0; n < best.rows.length; n++) {
    const own = near.choice[n], moves = [];
    for (let o = first[n]; o < first[n + 1]; o++) {
      if (!(near.r[o] < best.excess) && o !== own && o !== best.rows[n]) continue;
      moves.push({ o, rank: rank[o], r: near.r[o], p: a[o] - a[own], q: b[o] - b[own] });
    }
    if (moves.length < 2) continue;
    moves.sort((x, y) => x.rank - y.rank);
    const alike = names.map((k) => devices[k][n]).join();
    const length = Math.max(...moves.map(({ p, q }) => Math.hypot(p, q)));
    longest.set(alike, Math.max(length, longest.get(alike) ?? 0));
    core.push({ n, alike, rate: devices.uplink_rate[n], moves });
  }
  core.sort((x, y) => longest.get(y.alike) - longest.get(x.alike)
    || (x.alike < y.alike ? -1 : x.alike > y.alike ? 1 : y.rate - x.rate || x.n - y.n));
  return core;
}

/**
 * Least sum of r + 2 y.step, less |y|^2, over the devices of the core from j on, for every multiplier y; of those in
 * j's class only options up to a rank count. By max over y of 2 y.P - |y|^2 = |P|^2, adding 2 y.P and r of a partial
 * assignment bounds its completions. Entry ((j * ranks) + place of the rank) * (ANGLES + 1) + y.
 */
function suffixBounds(core, ranks, ys) {
  const Y = ys.length, width = ranks.length, suffix = new Float64Array((core.length + 1) * width * Y).fill(Infinity);
  const at = (j, k) => (j * width + k) * Y;
  for (let k = 0; k < width; k++) ys.forEach(([p, q], y) => { suffix[at(core.length, k) + y] = -(p * p + q * q); });
  for (let j = core.length - 1; j >= 0; j--) {
    const same = j + 1 < core.length && core[j + 1].alike === core[j].alike;
    for (let y = 0; y < Y; y++) {
      let least = Infinity, i = 0;
      for (let k = 0; k < width; k++) {
        for (; i < core[j].moves.length && core[j].moves[i].rank <= ranks[k]; i++) {
          const { r, p, q } = core[j].moves[i];
          least = Math.min(least, r + 2 * (ys[y][0] * p + ys[y][1] * q));
        }
        suffix[at(j, k) + y] = least + suffix[at(j + 1, same ? k : width - 1) + y];
      }
    }
  }
  return suffix;
}

/**
 * Decide device after device of the core, and keep what may still better the incumbent.
 * Returns the best assignment, and the least bound of what was left out unexamined (infinite: nothing).
 */
function enumerate(core, near, best, limit, enough) {
  const found = { rows: best.rows.slice(), excess: best.excess, dropped: Infinity, examined: 0 };
  if (!core.length) return found;
  const ranks = [...new Set(core.flatMap(({ moves }) => moves.map(({ rank }) => rank)))].sort((x, y) => x - y);
  const place = new Map(ranks.map((rank, k) => [rank, k]));
  const length = 0.8 * Math.sqrt(best.excess), ys = [[0, 0]];
  for (let i = 0; i < ANGLES; i++) {
    ys.push([length * Math.cos((2 * Math.PI * i) / ANGLES), length * Math.sin((2 * Math.PI * i) / ANGLES)]);
  }
  const J = core.length, Y = ys.length, all = ranks.length - 1;
  if ((J + 1) * ranks.length * Y > MOST_BOUNDS) return { ...found, dropped: 0 };
  const suffix = suffixBounds(core, ranks, ys), path = new Int32Array(J);
  const u = Float64Array.from(ys, (y) => 2 * y[0]), v = Float64Array.from(ys, (y) => 2 * y[1]);
  const P = new Float64Array(J + 1), Q = new Float64Array(J + 1), r = new Float64Array(J + 1); // with j devices decided
  const next = new Int32Array(J), cap = new Int32Array(J); // of device j: the move to look at, the highest rank's place
  [P[0], Q[0], cap[0]] = [...near.residual, all];
  for (let j = 0; j >= 0;) {
    const move = core[j].moves[next[j]++], k = move ? place.get(move.rank) : Infinity;
    if (k > cap[j]) {
      j--;
      continue;
    }
    [P[j + 1], Q[j + 1], r[j + 1]] = [P[j] + move.p, Q[j] + move.q, r[j] + move.r];
    const same = j + 1 < J && core[j + 1].alike === core[j].alike, below = same ? k : all;
    let bound = -Infinity;
    for (let y = 0, i = ((j + 1) * ranks.length + below) * Y; y < Y; y++, i++) {
      bound = Math.max(bound, u[y] * P[j + 1] + v[y] * Q[j + 1] + suffix[i]);
    }
    bound += r[j + 1];
    found.examined++;
    if (bound >= found.excess) continue;
    if (found.examined > limit || (found.examined > FEW && bound >= found.excess - enough)) {
      found.dropped = Math.min(found.dropped, bound);
      continue;
    }
    path[j] = move.o;
    if (j + 1 < J) {
      j++;
      [next[j], cap[j]] = [0, below];
      continue;
    }
    const excess = r[J] + P[J] * P[J] + Q[J] * Q[J];
    if (excess >= found.excess) continue;
    found.excess = excess;
    core.forEach(({ n }, i) => { found.rows[n] = path[i]; });
  }
  return found;
}

/**
 * What rounding can do to an excess, or to its bound, while the core is walked [cost]. A device adds r and 2 P.step to
 * an excess, 2 y.step to a bound, where |P| is at most sqrt(excess) wherever it matters, and |y| below it: g in all.
 * (A, B) - w, whose terms add up to 2 |w| and the residual, adds 2 P times them. What is added up has been rounded once
 * a device where (A, B) is summed, at most twice a device of the core where it is walked, and a few times to be made.
 */
function walkError(core, near, best) {
  const span = Math.sqrt(best.excess);
  let g = 0;
  for (const { moves } of core) g += Math.max(...moves.map(({ r, p, q }) => r + 4 * span * Math.hypot(p, q)));
  const reach = Math.hypot(...near.w) + Math.hypot(...near.residual) + span;
  return UNIT * (2 * core.length + near.choice.length + 32) * (g + best.excess + 4 * span * reach);
}

// ---------------------------------------------------------------- an allocation, judged

/** Theorem 1 for the devices that stay local, Theorem 2 for the others: cycles (25) and time shares (26). */
function complete(p, local, offload, edgeFrames) {
  const v = p.devices, size = v.size, heaviest = v.weight_delay.reduce((x, y) => Math.max(x, y));
  const allocation = {
    offload,
    frames: Array.from(offload, (x, n) => (x ? edgeFrames[n] : local.frames[n])),
    time_share: new Array(size).fill(0),
    edge_frequency: new Array(size).fill(0),
    device_frequency: Array.from(offload, (x, n) => (x ? 0 : local.frequency[n])),
  };
  let cycles = 0, air = 0;
  for (let n = 0; n < size; n++) {
    if (!offload[n]) continue;
    const weight = v.weight_delay[n] / heaviest, m = allocation.frames[n]; // what is common to all cancels
    cycles += allocation.edge_frequency[n] = Math.sqrt(weight * macs(v, n, m));
    air += allocation.time_share[n] = Math.sqrt((weight * m * v.frame_bits[n]) / v.uplink_rate[n]);
  }
  for (let n = 0; n < size; n++) {
    if (!offload[n]) continue;
    allocation.edge_frequency[n] = (p.server_frequency * allocation.edge_frequency[n]) / cycles;
    allocation.time_share[n] = (p.time_budget * allocation.time_share[n]) / air;
  }
  return allocation;
}

/** Delay (11), energy (12), accuracy (15) and cost (13) of every device, and the total (16), whoever allocated. */
function evaluate(p, { offload, frames, time_share, edge_frequency, device_frequency }) {
  const v = p.devices, found = { delay: [], energy: [], accuracy: [], cost: [], total: 0 };
  for (let n = 0; n < v.size; n++) {
    const m = frames[n];
    const delay = offload[n]
      ? computingDelay(p, n, m, edge_frequency[n]) + sendingDelay(v, n, m, time_share[n])
      : computingDelay(p, n, m, device_frequency[n]);
    const energy = offload[n] ? sendingEnergy(v, n, m) : computingEnergy(p, n, m, device_frequency[n]);
    const phi = accuracy(v, n, m);
    const cost = v.weight_delay[n] * delay + energyCost(v, n, energy) - v.weight_accuracy[n] * phi;
    [["delay", delay], ["energy", energy], ["accuracy", phi], ["cost", cost]].forEach(([k, x]) => found[k].push(x));
    found.total += cost;
  }
  return found;
}

/**
 * What rounding can do to the cost of an allocation, (16): its absolute terms added up, each rounded once a device in
 * the sum of the costs and 13 times before; and once a device in the roots that shares are made of.
 */
function costError(p, allocation, metrics) {
  const v = p.devices;
  let error = 0;
  for (let n = 0; n < v.size; n++) {
    const m = allocation.frames[n], made = cancelling(v, n, m);
    const delay = v.weight_delay[n] * metrics.delay[n], energy = energyCost(v, n, metrics.energy[n]);
    const phi = v.weight_accuracy[n] * (v.accuracy_a2[n] + v.accuracy_a0[n] / (m + v.accuracy_a1[n]));
    error += UNIT * (v.size + 13) * (made * (delay + energy) + phi);
    if (allocation.offload[n]) error += UNIT * v.size * made * delay;
  }
  return error;
}

// ---------------------------------------------------------------- schemes

/**
 * The optimum of an option table, and its proof, as bounds/__init__.py gives them: an assignment is optimal if its
 * excess over L(w) is 0, and else if no assignment of less excess is left when the enumeration ends. What rounding can
 * do to the terms that are added up is taken off the bound.
 *
 * Returns the allocation, its metrics, the bound, and the w at which the dual was seen.
 */
function solveOptions(table, { start = null, limit = LIMIT, gap = GAP } = {}) {
  const { problem: p, first } = table, size = first.length - 1;
  const near = locate(table, start), begun = incumbent(table, near);
  const core = coreOf(table, near, begun);
  const cost = near.value + begun.excess;
  const found = enumerate(core, near, begun, limit, gap * Math.abs(cost));
  const rows = Array.from(found.rows), frames = rows.map((k) => table.rank[k]);
  const allocation = complete(p, table.local, frames.map((m) => m > 0), frames);
  const metrics = evaluate(p, allocation);
  let apart = 2 * walkError(core, near, begun) + costError(p, allocation, metrics); // of the best, and of a bound
  for (let n = 0; n < size; n++) apart += UNITS * UNIT * sizes(p, n, near.least[n] + found.excess);
  const unproved = Math.max(0, found.excess - found.dropped);
  const bound = metrics.total - (unproved + apart);
  return {
    allocation,
    metrics,
    objective: metrics.total,
    bound,
    converged: metrics.total - bound <= gap * Math.abs(metrics.total),
    w: near.w,
    dual: near.value,
    examined: found.examined,
  };
}

/** The devices that can offload, those with the worst channel first. */
function byChannel({ devices: v }) {
  const order = [...v.uplink_rate.keys()].filter((n) => v.uplink_rate[n] > 0);
  const channel = v.channel_gain ?? v.uplink_rate;
  return order.sort((m, n) => channel[m] - channel[n]);
}

/**
 * Algorithm 3 with the best whole frames for each policy (search-heuristic): offload all, then withdraw weak channels
 * while the cost falls. Every device local, where that is cheaper.
 */
function channelAware(p, limit = LIMIT) {
  const stay = solveOptions(optionTable(p, new Array(p.devices.size).fill(false)), { limit });
  const offload = Array.from(p.devices.uplink_rate, (rate) => rate > 0); // line 2: N_1 = N
  let best = solveOptions(optionTable(p, offload), { limit }); // lines 1 and 3
  const trail = [best.objective]; // what every policy looked at costs
  for (const k of byChannel(p)) { // line 6: k = argmin h_n over N_1
    offload[k] = false; // line 7
    const trial = solveOptions(optionTable(p, offload), { limit, start: best.w }); // line 8
    trail.push(trial.objective);
    if (trial.objective >= best.objective) break; // line 9, else-branch: stop
    best = trial; // lines 10 and 11
  }
  return { ...(best.objective <= stay.objective ? best : stay), trail, withdrawn: byChannel(p) };
}

/** The object that `mecpapers solve FILE.json --json` prints. */
function solve(instance, options = {}) {
  const began = performance.now(), p = problemOf(instance), found = solveOptions(optionTable(p), options);
  const { allocation, metrics, objective, bound, converged } = found;
  const answer = {
    scheme: "exact",
    seconds: (performance.now() - began) / 1000,
    objective,
    converged,
    lower_bound: bound,
    gap: Math.abs(objective - bound),
    ...(p.local_energy === "eq31" ? { bound_assumes: "local devices follow Theorem 1" } : {}),
    ...allocation,
    delay: metrics.delay,
    energy: metrics.energy,
    accuracy: metrics.accuracy,
  };
  for (const [name, value] of Object.entries(answer)) {
    if (typeof value === "string" || [value].flat().every((x) => Number.isFinite(Number(x)))) continue;
    refuse(`${name} = inf: must be finite, but the instance's numbers leave the range of float64`);
  }
  return answer;
}

root.mecpapers = Object.assign(root.mecpapers ?? {}, {
  solve,
  video: { general, problemOf, optionTable, lookFrom, within, locate, solveOptions, channelAware },
});

})(globalThis);
