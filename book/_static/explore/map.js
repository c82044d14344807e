// The map of "The cell", and the bars of what its devices share.
"use strict";

(function (root) {

const { scene: scenes, text: { percent } } = root.mecpapers, { HALF } = scenes;
const STEP = 10, STRIDE = 50; // [m] that an arrow key moves a device, and with Shift
const ROOMY = 20; // devices up to which each shows its frames
const SHAPES = { // of a device, by its network [px]
  18: "M-12 0A12 12 0 1 0 12 0A12 12 0 1 0 -12 0Z",
  34: "M-11 -8Q-11 -11 -8 -11H8Q11 -11 11 -8V8Q11 11 8 11H-8Q-11 11 -11 8Z",
  101: "M0 -15L15 0L0 15L-15 0Z",
};

const HINTS = [[59, 0], [-59, 0], [0, -34], [0, 48]]; // where “drag me” may stand, from the device [px]

/** Draws on the page that a `cell` stands for, see cell.js; what hands do here, the cell does. Returns `draw`. */
function mapOf(cell) {
  const { state, find } = cell;
  const svg = d3.select(find("map"));
  const layers = Object.fromEntries(["ground", "links", "devices", "hint"]
    .map((name) => [name, svg.append("g").attr("class", name)]));
  let metre = 1; // of the map in one pixel [m]
  const width = { air: 400, server: 400 }; // of the bars [px]; to read them while one draws would be slow

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
    layers.hint.append("rect").attr("x", -39).attr("y", -12).attr("width", 78).attr("height", 24).attr("rx", 12);
    layers.hint.append("text").attr("dy", "0.35em").text("drag me");
  }

  /** Whether words at a place beside a device cover nothing. */
  function isFree([across, down], device) {
    const away = ({ x, y }) => [Math.abs((x - device.x) / metre - across), Math.abs((y - device.y) / metre - down)];
    const covers = (thing) => away(thing)[0] < 39 + 20 && away(thing)[1] < 12 + 20;
    return Math.abs(device.x + across * metre) + 39 * metre < HALF && Math.abs(device.y + down * metre) < HALF
      && ![{ x: 0, y: 0 }, ...state.scene.devices].some(covers);
  }

  const drag = d3.drag()
    .container(() => svg.node())
    .clickDistance(4)
    .subject((_, n) => ({ x: state.scene.devices[n].x, y: state.scene.devices[n].y }))
    .on("start", (_, n) => cell.choose(n))
    .on("drag", (event, n) => {
      if (!state.moving) cell.remember();
      state.moving = true;
      cell.page.classList.add("touched");
      cell.place(state.scene.devices[n], event.x, event.y);
      cell.changed();
    })
    .on("end", () => {
      state.moving = false;
      cell.changed();
    });

  function listenToMap() {
    svg.on("click", (event) => {
      if (event.target.closest(".device")) return;
      cell.add(...d3.pointer(event, svg.node()));
    });
    svg.on("keydown", (event) => {
      const device = state.scene.devices[state.chosen], far = event.shiftKey ? STRIDE : STEP;
      const moves = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] };
      const keys = {
        PageDown: () => cell.choose(state.chosen + 1),
        PageUp: () => cell.choose(state.chosen - 1),
        Home: () => cell.choose(0),
        End: () => cell.choose(-1),
        Delete: () => cell.remove(state.chosen),
        Backspace: () => cell.remove(state.chosen),
        "+": () => cell.add(...cell.freePlace()),
        Insert: () => cell.add(...cell.freePlace()),
      };
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (moves[event.key] && device) {
        const [dx, dy] = moves[event.key];
        cell.step(() => cell.place(device, device.x + dx, device.y + dy));
        cell.page.classList.add("touched");
        cell.fillControls();
      } else if (keys[event.key]) keys[event.key]();
      else return;
      event.preventDefault();
      cell.redrawNow();
      (layers.devices.select(".chosen").node() ?? find("add")).focus(); // no device: the button that makes one
    });
    const resized = new ResizeObserver(() => {
      metre = (2 * HALF + 40) / (svg.node().clientWidth || 400);
      for (const name of Object.keys(width)) width[name] = find(name).clientWidth || width[name];
      if (state.scene) draw();
    });
    for (const name of ["map", ...Object.keys(width)]) resized.observe(find(name));
  }

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
      g.on("focus", (_, n) => n !== state.chosen && cell.choose(n));
      g.append("circle").attr("class", "reach").attr("r", 22);
      g.append("circle").attr("class", "other").attr("r", 19);
      g.append("path").attr("class", "body");
      g.append("text").attr("class", "id").attr("dy", "0.35em");
      g.append("text").attr("class", "frames").attr("y", 26);
      return g;
    });
    const roomy = scene.devices.length <= ROOMY;
    marks.attr("transform", (n) => `translate(${scene.devices[n].x} ${scene.devices[n].y}) scale(${metre})`)
      .attr("class", (n) => `device ${sends(n) ? "edge" : "local"}${n === chosen ? " chosen" : ""}${
        walk && walk.allocation.offload[n] !== sends(n) ? " differs" : ""}`)
      .attr("tabindex", (n) => (n === chosen ? 0 : -1))
      .attr("aria-selected", (n) => n === chosen)
      .attr("aria-label", (n) => `Device ${n}, ${Math.round(scenes.distance(scene.devices[n]))} metres away, ${
        answer ? `${sends(n) ? "offloads" : "stays local with"} ${answer.allocation.frames[n]} frames` : "no answer"}`);
    marks.select(".body").attr("d", (n) => SHAPES[scene.devices[n].net]);
    marks.select(".id").text((n) => n);
    marks.select(".frames").text((n) => (answer && (roomy || n === chosen) ? `×${answer.allocation.frames[n]}` : ""));
    const first = scene.devices[chosen];
    layers.hint.attr("visibility", first ? "visible" : "hidden");
    if (first) {
      const [across, down] = HINTS.find((place) => isFree(place, first)) ?? HINTS[0];
      const [x, y] = [first.x + across * metre, first.y + down * metre];
      layers.hint.attr("transform", `translate(${x} ${y}) scale(${metre})`);
    }
  }

  /** Who gets what of the air and of the server. */
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
        const g = enter.append("g").on("click", (_, { n }) => cell.choose(n));
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
      find(`${name}-idle`).toggleAttribute("hidden", parts.length > 0);
    }
  }

  function draw() {
    drawMap();
    drawBars();
  }

  drawGround();
  listenToMap();
  return draw;
}

root.mecpapers.mapOf = mapOf;

})(globalThis);
