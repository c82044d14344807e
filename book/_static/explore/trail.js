// What the policies cost that Algorithm 3 looks at, one by one, beside the optimum.
"use strict";

(function (root) {

const { text: { digits } } = root.mecpapers;
const HIGH = 220, LEFT = 84, RIGHT = 16, TOP = 14, BOTTOM = 44; // of the picture, and its margins [px]

/** Draws on the page that a `cell` stands for, see cell.js. Returns `draw`. */
function trailOf(cell) {
  const { state, find } = cell, trail = d3.select(find("trail"));
  let wide = 640; // [px]

  function draw() {
    const { answer, walk } = state;
    find("trail-part").classList.toggle("idle", !walk);
    if (!walk) return;
    const costs = walk.trail, most = walk.withdrawn.length;
    const excess = costs.map((cost) => Math.sqrt(Math.max(0, cost - answer.objective)));
    const x = d3.scaleLinear([Math.max(most, 1), 0], [LEFT, wide - RIGHT]);
    const y = d3.scaleLinear([0, Math.max(...excess) || 1], [HIGH - BOTTOM, TOP]); // spaced by square roots
    const points = excess.map((height, i) => ({ height, left: most - i }));
    const kept = points.findLast((_, i) => i === 0 || costs[i] < costs[i - 1]); // the last step fell
    const counts = x.ticks(Math.min(most || 1, 10)).filter(Number.isInteger);
    trail.selectAll("text.across").data(counts).join("text").attr("class", "tick across")
      .attr("x", x).attr("y", HIGH - BOTTOM + 20).text((k) => k);
    trail.selectAll("text.up").data(y.ticks(4).filter((w) => w > 0)).join("text").attr("class", "tick up")
      .attr("x", LEFT - 10).attr("y", (w) => y(w) + 4).text((w) => `+${digits(w * w, 2)}`);
    trail.select(".best").attr("x1", LEFT).attr("x2", wide - RIGHT).attr("y1", y(0)).attr("y2", y(0));
    trail.select(".name").attr("x", LEFT + 4).attr("y", y(0) - 6);
    trail.select(".steps").attr("d", `M${points.map((p) => `${x(p.left)} ${y(p.height)}`).join("L")}`);
    trail.selectAll("circle").data(points).join("circle").attr("cx", (p) => x(p.left)).attr("cy", (p) => y(p.height))
      .attr("r", 4.5).attr("class", (p) => (p === kept ? "kept" : null));
    trail.select(".title").attr("x", (LEFT + wide - RIGHT) / 2);
  }

  function drawFrame() {
    trail.attr("height", HIGH);
    trail.append("line").attr("class", "best");
    trail.append("text").attr("class", "name").text("the optimum");
    trail.append("path").attr("class", "steps");
    trail.append("text").attr("class", "title").attr("y", HIGH - 4).text("devices that still offload");
    trail.append("text").attr("class", "side").text("cost")
      .attr("transform", `translate(14 ${HIGH / 2 - 12}) rotate(-90)`);
    new ResizeObserver(() => {
      wide = find("trail").clientWidth || wide;
      if (state.scene) draw();
    }).observe(find("trail"));
  }

  drawFrame();
  return draw;
}

root.mecpapers.trailOf = trailOf;

})(globalThis);
