// How the explorers write numbers and lists.
"use strict";

(function (root) {

/** A number with n significant digits, as print has it: 0.0945, 7.5·10⁻¹⁴. */
function digits(x, n = 3) {
  if (x === 0) return "0";
  const [mantissa, power] = x.toExponential(n - 1).split("e"), exponent = Number(power);
  const raised = String(exponent).replace(/./g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);
  const text = exponent < -3 || exponent > 5 ? `${mantissa}·10${raised}` : x.toFixed(Math.max(0, n - 1 - exponent));
  return text.replace("-", "\u2212");
}

const fixed = (x, n) => x.toFixed(n).replace("-", "\u2212");
const below = (x, n) => fixed(Math.floor(x * 10 ** n) / 10 ** n, n); // of a lower bound: it must not rise
const percent = (x, n = 0) => `${fixed(100 * x, n)}\u00a0%`;
const clamp = (x, low, high) => Math.max(low, Math.min(high, x));
const mean = (values) => values.reduce((sum, x) => sum + x, 0) / values.length;
const listed = (list) => (list.length > 1 ? `${list.slice(0, -1).join(", ")} and ${list.at(-1)}` : `${list[0]}`);

/** What stands already is not written again: it would be laid out anew, in every frame of a move. */
function tell(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Teaches d3's selections the same, for texts and attributes. */
function tellOnce({ prototype }) {
  const asIs = { text: prototype.text, attr: prototype.attr };
  const valueOf = (value, node, given) => (typeof value === "function" ? value.apply(node, given) : value);
  prototype.text = function (...told) {
    return told.length ? this.each(function (...given) {
      tell(this, String(valueOf(told[0], this, given) ?? ""));
    }) : asIs.text.call(this);
  };
  prototype.attr = function (name, ...told) {
    return told.length ? this.each(function (...given) {
      const value = valueOf(told[0], this, given);
      if (value == null) this.removeAttribute(name);
      else if (this.getAttribute(name) !== String(value)) this.setAttribute(name, value);
    }) : asIs.attr.call(this, name);
  };
}

root.mecpapers.text = { digits, fixed, below, percent, clamp, mean, listed, tell, tellOnce };

})(globalThis);
