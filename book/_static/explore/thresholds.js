// The page "Two thresholds": pairs of thresholds that were run beforehand, and a few frames in three dimensions.
// Data: mecpapers/pose/evidence/explore.py.
document.addEventListener("DOMContentLoaded", () => {
  const root = document.getElementById("thresholds");
  const data = window.mecpapersThresholds;
  if (!root || !data) return;
  const SVG = "http://www.w3.org/2000/svg";
  const BONES = [[5, 6], [5, 7], [7, 9], [6, 8], [8, 10], [5, 11], [6, 12], [11, 12], [11, 13], [13, 15], [12, 14], [14, 16], [0, 5], [0, 6]];
  const DEADLINE = 100; // ms
  const CONTOURS = [60, 80, 100, 120, 140]; // ms
  const n = data.levels + 1;
  const pair = (lower, upper) => data.pairs.findIndex((p) => p.lower === lower && p.upper === upper);
  const best = () => data.pairs.filter((p) => p.delay <= DEADLINE).reduce((a, b) => (b.error < a.error ? b : a));
  const at = { lower: best().lower, upper: best().upper, frame: 1, view: 30 };
  const svg = (name) => root.querySelector(`svg[data-name=${name}]`);
  const slider = (name) => root.querySelector(`input[data-slider=${name}]`);
  slider("frame").max = data.frames.length - 1;

  function element(parent, name, attributes, text) {
    const made = document.createElementNS(SVG, name);
    for (const [key, given] of Object.entries(attributes)) made.setAttribute(key, given);
    if (text !== undefined) made.textContent = text;
    parent.append(made);
    return made;
  }

  // The map: upper to the right, lower upwards; a cell a pair. Strong is good.
  const [LEFT, BASE, SIDE] = [52, 424, 38];
  const x = (upper) => LEFT + upper * SIDE;
  const y = (lower) => BASE - (lower + 1) * SIDE;
  const errors = data.pairs.map((p) => p.error).sort((a, b) => a - b);
  const [least, most] = [errors[0], errors[Math.floor(0.8 * errors.length)]];
  const strength = (error) => Math.round(8 + 87 * (1 - Math.min(1, (error - least) / (most - least))));
  function map() {
    const parent = svg("map");
    for (const p of data.pairs) {
      const strong = strength(p.error);
      element(parent, "rect", {
        x: x(p.upper), y: y(p.lower), width: SIDE, height: SIDE, class: "cell",
        style: `fill: color-mix(in srgb, var(--edge) ${strong}%, var(--pst-color-background))`,
      });
      element(parent, "text", { x: x(p.upper) + SIDE / 2, y: y(p.lower) + SIDE / 2 + 5, class: strong > 80 ? "strong very" : strong > 55 ? "strong" : "" },
        p.error < 1000 ? p.error.toFixed(0) : "…");
    }
    for (let k = 0; k < n; k += 1) {
      element(parent, "text", { x: x(k) + SIDE / 2, y: BASE + 18 }, String(k));
      element(parent, "text", { x: LEFT - 14, y: y(k) + SIDE / 2 + 5 }, String(k));
    }
    element(parent, "text", { x: LEFT + (n * SIDE) / 2, y: BASE + 38 }, "upper threshold");
    element(parent, "text", { x: 0, y: 0, transform: `translate(16 ${BASE - (n * SIDE) / 2}) rotate(-90)` }, "lower threshold");
    for (const limit of CONTOURS) {
      const path = [];
      let label;
      const delay = (lower, upper) => data.pairs[pair(lower, upper)]?.delay;
      for (const p of data.pairs) {
        const right = delay(p.lower, p.upper + 1);
        const below = delay(p.lower - 1, p.upper);
        if (right !== undefined && (p.delay <= limit) !== (right <= limit)) path.push(`M${x(p.upper + 1)} ${y(p.lower)}v${SIDE}`);
        if (below !== undefined && (p.delay <= limit) !== (below <= limit)) path.push(`M${x(p.upper)} ${y(p.lower) + SIDE}h${SIDE}`);
        if (p.upper === n - 1 && below !== undefined && p.delay <= limit && below > limit) label = p.lower;
      }
      if (!path.length) continue;
      element(parent, "path", { d: path.join(""), class: `contour${limit === DEADLINE ? " deadline" : ""}` });
      if (label !== undefined) element(parent, "text", { x: x(n) + 6, y: y(label) + SIDE + 4, class: "contour-label" }, `${limit} ms`);
    }
    element(parent, "rect", { width: SIDE, height: SIDE, class: "chosen" });
  }

  function choose(lower, upper, moved) {
    const within = (k) => Math.max(0, Math.min(n - 1, k));
    [at.lower, at.upper] = [within(lower), within(upper)];
    if (at.lower > at.upper) at[moved === "lower" ? "upper" : "lower"] = at[moved];
    draw();
  }
  const place = (event) => {
    const box = svg("map").getBoundingClientRect();
    const scale = 560 / box.width;
    return [Math.floor((BASE - (event.clientY - box.top) * scale) / SIDE), Math.floor(((event.clientX - box.left) * scale - LEFT) / SIDE)];
  };
  svg("map").addEventListener("pointerdown", (event) => {
    svg("map").setPointerCapture(event.pointerId);
    choose(...place(event), "upper");
  });
  svg("map").addEventListener("pointermove", (event) => { if (event.buttons) choose(...place(event), "upper"); });
  for (const name of ["lower", "upper"]) {
    slider(name).addEventListener("input", (event) => {
      const moved = { lower: at.lower, upper: at.upper, [name]: Number(event.target.value) };
      choose(moved.lower, moved.upper, name);
    });
  }
  for (const name of ["frame", "view"]) slider(name).addEventListener("input", (event) => { at[name] = Number(event.target.value); draw(); });
  for (const box of root.querySelectorAll("input[data-show]")) box.addEventListener("change", draw);
  root.querySelector("[data-name=best]").addEventListener("click", () => choose(best().lower, best().upper, "upper"));
  let turning = null;
  svg("pose").addEventListener("pointerdown", (event) => {
    turning = [event.clientX, at.view];
    svg("pose").setPointerCapture(event.pointerId);
  });
  svg("pose").addEventListener("pointermove", (event) => {
    if (!turning || !event.buttons) return;
    at.view = (((turning[1] + (event.clientX - turning[0]) * 0.6) % 360) + 360) % 360;
    draw();
  });

  // From above by 12 degrees; millimetres to the picture's units. The person stands in the middle.
  function projected([px, py, pz]) {
    const [turn, tilt, scale] = [(at.view * Math.PI) / 180, 0.21, 0.185];
    const { truth } = data.frames[at.frame];
    const [dx, dz] = [px - (truth[33] + truth[36]) / 2, pz - (truth[35] + truth[38]) / 2]; // from between the hips
    const [across, away] = [Math.cos(turn) * dx - Math.sin(turn) * dz, Math.sin(turn) * dx + Math.cos(turn) * dz];
    return [280 + scale * across, 350 - scale * Math.cos(tilt) * py + scale * Math.sin(tilt) * away];
  }
  const joint = (pose, k) => projected(pose.slice(3 * k, 3 * k + 3));
  const did = (frame, k, camera) => {
    const bit = 2 ** camera;
    return frame.sent[k] & bit ? "offloaded" : frame.used[k] & bit ? "accepted" : "discarded";
  };

  function figure(k) {
    const parent = svg("pose");
    const frame = data.frames[at.frame];
    parent.replaceChildren();
    const ground = Array.from({ length: 48 }, (_, i) => projected([900 * Math.sin(i / 7.64), 0, 900 * Math.cos(i / 7.64)]));
    element(parent, "polygon", { points: ground.map((p) => p.join(",")).join(" "), class: "floor" });
    const poses = { truth: frame.truth, light: frame.light, heavy: frame.heavy, pose: frame.poses[frame.at[k]] };
    for (const [name, pose] of Object.entries(poses)) {
      if (!root.querySelector(`[data-show=${name}]`).checked) continue;
      const lines = BONES.map(([a, b]) => `M${joint(pose, a).join(" ")}L${joint(pose, b).join(" ")}`);
      element(parent, "path", { d: lines.join(""), class: `bone ${name}` });
    }
    data.cameras.forEach((place, camera) => {
      const [cx, cy] = projected([0.25 * place[0], 0, 0.25 * place[2]]); // drawn nearer than they stand, on the floor
      const what = did(frame, k, camera);
      element(parent, "circle", { cx, cy, r: 12, class: `camera ${what}` });
      element(parent, "text", { x: cx, y: cy + 5, class: `camera-name ${what}` }, String(camera + 1));
    });
  }

  const percent = (share) => `${(100 * share).toFixed(0)} %`;
  let timer;
  function draw() {
    const k = pair(at.lower, at.upper);
    const [p, frame] = [data.pairs[k], data.frames[at.frame]];
    for (const name of ["lower", "upper", "frame", "view"]) {
      const text = { frame: `${at.frame + 1} of ${data.frames.length}`, view: `${Math.round(at.view)}°` }[name] ?? String(at[name]);
      slider(name).value = at[name];
      slider(name).previousElementSibling.textContent = text;
      slider(name).setAttribute("aria-valuetext", text);
    }
    const chosen = root.querySelector(".chosen");
    chosen.setAttribute("x", x(p.upper));
    chosen.setAttribute("y", y(p.lower));
    figure(k);
    const keeps = p.delay <= DEADLINE;
    const told = root.querySelector("[data-name=told]");
    told.innerHTML = `<b>${p.error.toFixed(1)} mm, ${p.delay.toFixed(0)} ms.</b> ` +
      `Of all images ${percent(p.accepted)} are accepted, ${percent(p.offloaded)} offloaded, ${percent(p.discarded)} discarded. ` +
      (keeps ? "The deadline of 100 ms is kept" : "<b>Later than the deadline of 100 ms</b>") +
      (p === best() ? ": the best common pair that keeps it." : ".");
    const what = data.cameras.map((_, camera) => did(frame, k, camera));
    const who = (name) => what.flatMap((w, camera) => (w === name ? [camera + 1] : []));
    const list = ["accepted", "offloaded", "discarded"].filter((name) => who(name).length).map((name) => `${name}: ${who(name).join(", ")}`);
    const one = `In this frame: ${frame.error[k]} mm. Cameras ${list.join("; ")}. Scores of cameras 1 to ${frame.scores.length}: ${frame.scores.map((s) => s.toFixed(2)).join(", ")}.`;
    root.querySelector("[data-name=frame]").textContent = one;
    svg("map").setAttribute("aria-label", `Error and delay of every pair of thresholds. Chosen: lower ${p.lower}, upper ${p.upper}. ${told.textContent}`);
    svg("pose").setAttribute("aria-label", `Skeletons in frame ${at.frame + 1}, seen from ${Math.round(at.view)} degrees. ${one}`);
    clearTimeout(timer);
    timer = setTimeout(() => { root.querySelector("[role=status]").textContent = `${told.textContent} ${one}`; }, 400);
  }
  map();
  draw();
});
