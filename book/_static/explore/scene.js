// A scene of the page "The cell": what it is, the instance file that it stands for, and how an address keeps it.
"use strict";

(function (root) {

const MEGA = 1e6, GIGA = 1e9;
const NOISE = 10 ** (-174 / 10) * 1e-3; // N_0 [W/Hz]
const HALF = 500; // of the map's side [m]: the paper's square of 500 m and its mirror images around the station
const NEAREST = 10; // [m] to the station
const MOST = 40; // devices that can be put on the map
const NETWORKS = { // m_c,0 and m_c,1 [MAC]: least squares on 1 to 16 frames (mecpapers.video.networks)
  18: { name: "ResNet-18", macs_per_frame: 4.784e8, macs_offset: 8.686e8 }, // as in Section VI
  34: { name: "ResNet-34", macs_per_frame: 7.11e8, macs_offset: 1.806e9 },
  101: { name: "ResNet-101", macs_per_frame: 7.492e8, macs_offset: 2.648e9 },
};
const FIXED = { // of every device, as in Section VI; see mecpapers.video.scenario
  frame_bits: 301056, energy_coefficient: 1e-28, accuracy_a0: 0.4, accuracy_a1: 0, accuracy_a2: 0.966, max_frames: 16,
};
const SHARED = { // what the sliders of the cell set, by the letter in the address
  bandwidth: "B", // [MHz]
  server: "F", // [GHz]
  delay: "d", energy: "e", accuracy: "a", // beta_1, beta_2, beta_3
  floor: "m", // alpha, for all
};
const EMPTY = { bandwidth: 5, server: 22, delay: 0.2, energy: 0.2, accuracy: 0.6, floor: 0.86, local: "eq7", base: {} };
const DEVICE = { x: 0, y: 0, net: 18, power: 1, clock: 1.8, given: {} }; // [m], [m], depth, [W], [GHz]

const distance = ({ x, y }) => Math.max(Math.hypot(x, y), NEAREST);

/** h of the path loss 128.1 + 37.6 log10(distance / 1 km) dB, Section VI; or as a file gives it. */
const gain = (device) =>
  device.given.channel_gain ?? 10 ** (-(128.1 + 37.6 * Math.log10(distance(device) / 1000)) / 10);

/** R = B log2(1 + p h / (B N_0)) [bit/s] (8). */
function rate(scene, device) {
  const B = scene.bandwidth * MEGA;
  return B > 0 ? B * Math.log2(1 + (device.power * gain(device)) / (B * NOISE)) : 0;
}

/** The place at which a device has this gain, at an angle of its own. */
function placeOf(h, index) {
  const far = 1000 * 10 ** ((-10 * Math.log10(h) - 128.1) / 37.6), angle = index * 2.399963; // the golden angle [rad]
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const edge = HALF / Math.max(Math.abs(c), Math.abs(s)); // where the map ends
  const d = Math.min(Math.max(far, NEAREST), edge);
  return { x: Math.round(d * c), y: Math.round(d * s) };
}

/** The instance file of a scene, as an object. A file that was read gives its own numbers until they are changed. */
function toInstance(scene) {
  const fields = scene.devices.map((device) => ({
    uplink_rate: rate(scene, device),
    channel_gain: gain(device),
    transmit_power: device.power,
    max_frequency: device.clock * GIGA,
    macs_per_frame: NETWORKS[device.net].macs_per_frame,
    macs_offset: NETWORKS[device.net].macs_offset,
    ...FIXED,
    min_accuracy: scene.floor,
    ...device.given,
  }));
  const devices = {};
  for (const name of Object.keys(fields[0] ?? {})) {
    const values = fields.map((device) => device[name]);
    devices[name] = values.every((value) => value === values[0]) && name !== "uplink_rate" ? values[0] : values;
  }
  if (scene.base.no_gain) delete devices.channel_gain;
  return {
    paper: "video",
    local_energy: scene.local,
    weights: { delay: scene.delay, energy: scene.energy, accuracy: scene.accuracy },
    server_frequency: scene.base.server_frequency ?? scene.server * GIGA,
    time_budget: scene.base.time_budget ?? 1,
    cycles_per_mac: scene.base.cycles_per_mac ?? 0.12,
    devices,
  };
}

/** The scene of an instance that is sound: devices stand where their channel says, and keep the file's own numbers. */
function fromInstance(instance) {
  const { devices: given } = instance, lists = Object.values(given).filter(Array.isArray);
  const size = lists.length ? lists[0].length : 1, base = {};
  if (!given.channel_gain) base.no_gain = true;
  for (const name of ["time_budget", "cycles_per_mac", "server_frequency"]) base[name] = instance[name];
  const floors = [given.min_accuracy].flat();
  const scene = {
    ...EMPTY,
    server: instance.server_frequency / GIGA,
    ...instance.weights,
    floor: floors[0],
    local: instance.local_energy,
    base,
    devices: Array.from({ length: size }, (_, n) => deviceOf(given, n)),
  };
  for (const device of scene.devices) if (device.given.min_accuracy === scene.floor) delete device.given.min_accuracy;
  return scene;
}

function deviceOf(given, n) {
  const own = Object.fromEntries(Object.entries(given).map(([k, v]) => [k, Array.isArray(v) ? v[n] : v]));
  const alike = ([, { macs_per_frame: c, macs_offset: o }]) => c === own.macs_per_frame && o === own.macs_offset;
  const net = Object.entries(NETWORKS).find(alike)?.[0];
  const B = EMPTY.bandwidth * MEGA, power = own.transmit_power;
  const h = own.channel_gain ?? ((2 ** (own.uplink_rate / B) - 1) * B * NOISE) / power;
  const place = h > 0 && Number.isFinite(h) ? placeOf(h, n) : placeOf(1e-30, n); // without a channel: at the border
  if (net) delete own.macs_per_frame, delete own.macs_offset;
  for (const [name, value] of Object.entries(FIXED)) if (own[name] === value) delete own[name];
  const clock = own.max_frequency / GIGA;
  delete own.transmit_power;
  if (clock * GIGA === own.max_frequency) delete own.max_frequency;
  return { ...DEVICE, ...place, net: Number(net ?? 18), power, clock, given: own };
}

/** A scene as the end of an address; what a file gave follows as JSON. */
function encode(scene) {
  const shared = Object.entries(SHARED).map(([name, letter]) => letter + scene[name]).join(",");
  const devices = scene.devices.map(({ x, y, net, power, clock }) => [x, y, net, power, clock].join(","));
  const given = scene.devices.some((device) => Object.keys(device.given).length) || Object.keys(scene.base).length
    ? encodeURIComponent(JSON.stringify([scene.base, ...scene.devices.map((device) => device.given)]))
    : "";
  return `#cell=${[`${shared},${scene.local}`, ...devices].join(";")}${given && `;;${given}`}`;
}

/** The scene of an address; null where it holds none, or one that was cut off. */
function decode(hash) {
  if (!hash.startsWith("#cell=")) return null;
  try {
    const [text, given] = hash.slice("#cell=".length).split(";;");
    const [shared, ...devices] = text.split(";");
    const [base, ...own] = given ? JSON.parse(decodeURIComponent(given)) : [{}];
    const scene = { ...EMPTY, base, local: shared.split(",").at(-1) };
    for (const [name, letter] of Object.entries(SHARED)) {
      scene[name] = Number(shared.split(",").find((part) => part[0] === letter).slice(1));
    }
    scene.devices = devices.map((part, n) => {
      const [x, y, net, power, clock] = part.split(",").map(Number);
      return { x, y, net, power, clock, given: own[n] ?? {} };
    });
    const numbers = [...Object.keys(SHARED).map((name) => scene[name]),
      ...scene.devices.flatMap(({ x, y, power, clock }) => [x, y, power, clock])];
    const sound = numbers.every(Number.isFinite) && scene.devices.every(({ net }) => net in NETWORKS);
    return sound && scene.devices.length <= MOST ? scene : null;
  } catch {
    return null;
  }
}

/** Read an instance file strictly, as the command does: JSON, and no field twice. */
function readFile(text, name) {
  let instance;
  try {
    instance = JSON.parse(text);
  } catch (error) {
    throw new Error(`${name}: is not JSON: ${error.message}`);
  }
  const open = []; // the objects around this place: their name, and the fields they have had
  let last = "";
  for (const [token] of text.matchAll(/"(?:\\.|[^"\\])*"|[{}:]/g)) {
    const outer = open.at(-1);
    if (token === "{") open.push({ where: outer ? `${outer.where}${JSON.parse(last)}.` : "", had: new Set() });
    else if (token === "}") open.pop();
    else if (token !== ":") last = token;
    else if (outer.had.has(last)) {
      throw new Error(`${outer.where}${JSON.parse(last)} is given twice: every field must be given once`);
    } else outer.had.add(last);
  }
  root.mecpapers.video.problemOf(instance); // throws the command's line
  const size = Math.max(1, ...Object.values(instance.devices).filter(Array.isArray).map((list) => list.length));
  if (size > MOST) throw new Error(`devices: ${size}: must be at most ${MOST} on this map; the command solves more`);
  return instance;
}

/** What the command warns of: of each field the first number, other than 0, that is beyond what is plausible. */
function doubtsOf(instance) {
  const { general } = root.mecpapers.video;
  return Object.entries(root.mecpapersPlausible[instance.paper]).flatMap(([name, { unit, low, high }]) => {
    const value = name.split(".").reduce((inner, part) => inner?.[part], instance), numbers = [value ?? 0].flat();
    const n = numbers.findIndex((x) => x !== 0 && !(Math.abs(x) >= low && Math.abs(x) <= high));
    if (n < 0) return [];
    const where = `${name}${Array.isArray(value) ? `[${n}]` : ""} = ${general(numbers[n], 12)}`;
    return [`${where}: is outside ${general(low)} to ${general(high)} ${unit}: is the unit right?`];
  });
}

root.mecpapers.scene = {
  HALF, NEAREST, MOST, NETWORKS, EMPTY, DEVICE, distance, toInstance, fromInstance, encode, decode, readFile, doubtsOf,
};

})(globalThis);
