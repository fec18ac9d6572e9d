// Colours and SVG. Nothing here knows of networks, and nothing takes HTML: texts go in as text nodes.

const SVG = "http://www.w3.org/2000/svg";

// OKLCH (https://bottosson.github.io/posts/oklab/) to "rgb(...)": equal steps of lightness look equal.
function oklch(lightness, chroma, hue) {
  const a = chroma * Math.cos((hue * Math.PI) / 180), b = chroma * Math.sin((hue * Math.PI) / 180);
  const [l, m, s] = [
    lightness + 0.3963377774 * a + 0.2158037573 * b,
    lightness - 0.1055613458 * a - 0.0638541728 * b,
    lightness - 0.0894841775 * a - 1.291485548 * b,
  ].map((root) => root ** 3);
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map((x) => {
    const light = Math.min(1, Math.max(0, x));
    return Math.round(255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055));
  });
}

const STEPS = 200;
const tableOf = (colour) => Array.from({ length: STEPS + 1 }, (_, step) => colour(step / STEPS));
// From dark violet over green to light yellow.
const SEQUENTIAL = tableOf((share) => oklch(0.25 + 0.7 * share, 0.1 + 0.05 * share, 300 - 195 * share));
// From orange over white to blue, as negative and positive are everywhere on the page; as light on both sides.
const DIVERGING = tableOf((share) => {
  const far = Math.abs(2 * share - 1);
  return oklch(0.97 - 0.4 * far, 0.145 * far, share < 0.5 ? 55 : 255);
});

// A scale of numbers: `at(value)` is a place from 0 to 1, `rgb(value)` and `css(value)` its colour.
function scale(low, high, colours) {
  const at = (value) => Math.min(1, Math.max(0, high > low ? (value - low) / (high - low) : 0.5));
  const rgb = (value) => (value === null ? [128, 128, 128] : colours[Math.round(STEPS * at(value))]);
  return { low, high, at, rgb, colours, css: (value) => `rgb(${rgb(value).join(",")})` };
}
const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value ?? 0)), 0) || 1;
const signedScale = (values) => scale(-largest(values), largest(values), DIVERGING);
const unitScale = () => scale(0, 1, SEQUENTIAL);
// A colour of the page, as a value: in a picture that is saved, a variable would have none.
const ink = (name) => getComputedStyle(element).getPropertyValue(`--rnn-${name}`).trim();
// What can be read on a colour.
const inkOn = ([red, green, blue]) => (0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#111" : "#fff");

// Told apart by lightness and by dashes as well as by hue.
const LINES = ["", "7 3", "2 3", "9 3 2 3"].map((dash, index) => ({ get color() { return ink(`line-${index + 1}`); }, dash }));

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}
const make = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
const draw = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

function picture(width, height, name, ...children) {
  const attributes = { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": name };
  return draw("svg", { xmlns: SVG, ...attributes, "font-family": "system-ui, sans-serif", "font-size": 12 }, ...children);
}

const label = (x, y, text, more = {}) => draw("text", { x, y, fill: "currentColor", ...more }, String(text));

// Rows of numbers as one image, a pixel each: thousands of rectangles would be slow.
function heat(rows, colours, x, y, width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = rows[0].length;
  canvas.height = rows.length;
  const context = canvas.getContext("2d"), image = context.createImageData(canvas.width, canvas.height);
  rows.forEach((row, r) => row.forEach((value, c) => {
    image.data.set([...colours.rgb(value), 255], 4 * (r * canvas.width + c));
  }));
  context.putImageData(image, 0, 0);
  return draw("image", {
    href: canvas.toDataURL(), x, y, width, height, preserveAspectRatio: "none", style: "image-rendering: pixelated",
  });
}

function legend(colours, x, y, width, name) {
  const row = Array.from({ length: STEPS + 1 }, (_, step) => colours.low + ((colours.high - colours.low) * step) / STEPS);
  return draw("g", {},
    heat([row], colours, x, y, width, 10),
    label(x, y + 23, short(colours.low)), label(x + width / 2, y + 23, name, { "text-anchor": "middle" }), label(x + width, y + 23, short(colours.high), { "text-anchor": "end" }));
}

// Lines over numbers: [{name, points: [[x, y], ...]}]. `log` and `logX` draw powers of ten; what is 0 there is left out.
// `mark` is an x at which a line stands upright.
function lineChart(width, name, lines, { xLabel, yLabel, log = false, logX = false, mark = null, low = null, high = null, height = 300 }) {
  const visible = lines.map((line) => ({
    ...line, points: line.points.filter(([x, y]) => y !== null && Number.isFinite(y) && (!log || y > 0) && (!logX || x > 0)),
  }));
  const all = visible.flatMap((line) => line.points);
  if (!all.length) return picture(width, 40, name, label(8, 24, "–"));
  const box = { left: 58, right: width - 12, top: 24, bottom: height - 42 };
  const shown = log ? (y) => Math.log10(y) : (y) => y, across = logX ? (x) => Math.log10(x) : (x) => x;
  const xs = all.map(([x]) => across(x)), ys = all.map(([, y]) => shown(y));
  let bottom = low === null ? Math.min(...ys) : shown(low), top = high === null ? Math.max(...ys) : shown(high);
  if (log) [bottom, top] = [Math.floor(bottom), Math.ceil(top)];
  if (top === bottom) top = bottom + 1;
  const most = Math.max(...xs, 1), least = Math.min(...xs, 0);
  const px = (x) => box.left + ((box.right - box.left) * (across(x) - least)) / (most - least);
  const py = (y) => box.bottom - ((box.bottom - box.top) * (shown(y) - bottom)) / (top - bottom);
  const marks = log ? powers(bottom, top) : even(bottom, top);
  const grid = marks.map((mark) => {
    const y = py(log ? 10 ** mark : mark);
    return draw("g", {},
      draw("line", { x1: box.left, x2: box.right, y1: y, y2: y, stroke: "currentColor", "stroke-opacity": 0.18 }),
      label(box.left - 6, y + 4, log ? `1e${mark}` : short(mark), { "text-anchor": "end" }));
  });
  const steps = logX ? powers(Math.ceil(least), Math.floor(most)).map((power) => 10 ** power) : even(least, most);
  const below = steps.map((x) => label(px(x), box.bottom + 18, short(x), { "text-anchor": "middle" }));
  const curves = visible.map((line, index) => draw("polyline", {
    points: line.points.map(([x, y]) => `${px(x).toFixed(1)},${Math.max(box.top, py(y)).toFixed(1)}`).join(" "),
    fill: "none", "stroke-width": 2.2, stroke: line.color ?? LINES[index % LINES.length].color,
    "stroke-dasharray": LINES[index % LINES.length].dash,
  }));
  const upright = mark === null ? [] : [draw("line", { x1: px(mark), x2: px(mark), y1: box.top, y2: box.bottom, stroke: "currentColor", "stroke-dasharray": "2 2" })];
  return picture(width, height, name, ...grid, ...below, ...curves, ...upright,
    label((box.left + box.right) / 2, height - 8, xLabel, { "text-anchor": "middle" }),
    label(8, 10, yLabel));
}

function powers(bottom, top) {
  const step = Math.max(1, Math.ceil((top - bottom) / 6)), found = [];
  for (let power = bottom; power <= top; power += step) found.push(power);
  return found;
}

function even(low, high) {
  const rough = (high - low) / 5, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough), found = [];
  for (let mark = Math.ceil(low / step) * step; mark <= high + step / 1e6; mark += step) found.push(Number(mark.toPrecision(12)));
  return found;
}

function lineNames(lines) {
  return make("ul", { class: "names" }, ...lines.map((line, index) => make("li", {},
    draw("svg", { width: 30, height: 10, "aria-hidden": "true" }, draw("line", {
      x1: 0, x2: 30, y1: 5, y2: 5, "stroke-width": 2.5, stroke: line.color ?? LINES[index % LINES.length].color,
      "stroke-dasharray": LINES[index % LINES.length].dash,
    })), ` ${line.name}`)));
}

// Three significant digits, as short as they come.
function short(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (value !== 0 && (Math.abs(value) >= 1e5 || Math.abs(value) < 1e-3)) return value.toExponential(1).replace("e+", "e");
  return String(Number(value.toPrecision(3)));
}
