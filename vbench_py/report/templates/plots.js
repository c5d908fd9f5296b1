"use strict";
const colours = () => {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim();
};
const plain = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const axisTitle = (plot) => plain(`${plot.title}${plot.unit ? ` (${plot.unit})` : ""} ${plot.arrow}`.trim());
const CONFIG = { displayModeBar: false, responsive: true };

function layout(colour, more) {
  const axis = { gridcolor: colour("line"), zeroline: false, linecolor: colour("line"), automargin: true, exponentformat: "none" };
  return {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false,
    font: { color: colour("quiet"), size: 12, family: "system-ui, sans-serif" },
    margin: { l: 50, r: 16, t: 12, b: 40 }, dragmode: false, autosize: true,
    hoverlabel: { bgcolor: colour("surface"), font: { color: colour("ink") } },
    ...more, xaxis: { ...axis, ...more.xaxis }, yaxis: { ...axis, ...more.yaxis },
  };
}

const LONGEST = 28;
const brief = (name) => (name.length <= LONGEST ? name : `${name.slice(0, LONGEST / 2)}…${name.slice(1 - LONGEST / 2)}`);

// The points, best first, whose names fit beside them without covering another point or name; hovering tells the rest.
function named(points, place, side) {
  const boxes = points.map((point) => { const [x, y] = place(point); return { point, x0: x - 6, x1: x + 6, y0: y - 6, y1: y + 6 }; });
  const kept = new Set();
  for (const point of points) {
    const [x, y] = place(point);
    const reach = 12 + 7 * brief(point.name).length;
    const box = { point, x0: side(point) === "left" ? x - reach : x, x1: side(point) === "left" ? x : x + reach, y0: y - 7, y1: y + 7 };
    if (boxes.some((it) => it.point !== point && it.x0 < box.x1 && box.x0 < it.x1 && it.y0 < box.y1 && box.y0 < it.y1)) continue;
    boxes.push(box);
    kept.add(point);
  }
  return kept;
}

// Quality against cost.
function drawCost(div, plot) {
  const colour = colours();
  const hidden = hiddenMethods(div.closest(".board"));
  const points = plot.points.filter((point) => !hidden.has(point.row) && !point.control);
  const controls = plot.points.filter((point) => !hidden.has(point.row) && point.control);
  const width = div.clientWidth;
  const xs = points.map((point) => Math.log10(point.x));
  const middle = (Math.max(...xs) + Math.min(...xs)) / 2;
  const side = (point) => (Math.log10(point.x) > middle ? "left" : "right");
  const narrow = width < 500;
  const span = Math.max(...xs) - Math.min(...xs);
  const pad = Math.max(0.15, span * 0.08);
  const ys = points.flatMap((point) => [point.low ?? point.y, point.high ?? point.y]);
  const reach = (Math.max(...ys) - Math.min(...ys)) || Math.abs(ys[0]) || 1;
  const place = (point) => [
    (Math.log10(point.x) - Math.min(...xs) + pad) / (span + 2 * pad) * (width - 66),
    (Math.max(...ys) - point.y) / reach * 280,
  ];
  const told = narrow ? new Set() : named(points, place, side);
  const traces = points.map((point) => ({
    x: [point.x], y: [point.y], name: plain(brief(point.name)), mode: told.has(point) ? "markers+text" : "markers", textposition: `middle ${side(point)}`,
    text: [side(point) === "left" ? `${plain(brief(point.name))}\u2002` : `\u2002${plain(brief(point.name))}`],
    textfont: { color: colour("ink") }, cliponaxis: false,
    marker: { size: 10, color: colour(point.colour) },
    error_y: point.low === null ? undefined : {
      type: "data", symmetric: false, array: [point.high - point.y], arrayminus: [point.y - point.low],
      color: colour(point.colour), thickness: 1.5, width: 4,
    },
    hovertemplate: `${plain(point.name)}<br>%{x:.3g}<br>%{y:.4g}<extra></extra>`,
  }));
  // A control far from the methods would flatten them: it is a line where it fits, and left to the table where not.
  const near = controls.filter((it) => it.y > Math.min(...ys) - reach && it.y < Math.max(...ys) + reach);
  const labels = [];
  for (const it of [...near].sort((a, b) => b.y - a.y)) {
    const last = labels.at(-1);
    if (last && last.y - it.y < reach * 0.09) {
      last.names.push(it.name);
      if (last.control !== it.control) last.control = "";
    }
    else labels.push({ y: it.y, names: [it.name], control: it.control });
  }
  Plotly.react(div, traces, layout(colour, {
    height: narrow ? 400 : 360, showlegend: narrow && points.length <= 9, legend: { orientation: "h", y: -0.22 },
    xaxis: { type: "log", title: { text: plain(plot.cost) }, range: [Math.min(...xs) - pad, Math.max(...xs) + pad], ...(span > 1 ? { dtick: 1 } : { nticks: 6 }) },
    yaxis: { title: { text: axisTitle(plot) } },
    shapes: near.map((it) => ({ type: "line", xref: "paper", x0: 0, x1: 1, y0: it.y, y1: it.y, line: { color: colour("quiet"), width: 1, dash: "dot" } })),
    annotations: labels.map((it) => ({ xref: "paper", x: 0, y: it.y, text: plain(`${it.names.join(", ")}${it.control ? ` (${it.control})` : ""}`), showarrow: false, xanchor: "left", yanchor: "bottom", font: { size: 11 } })),
  }), CONFIG);
}

// Curves come as a script beside the page, because a page opened from disk may not fetch.
const curves = new Map();
function vbenchCurves(key, plots) { curves.set(key, plots); drawCurve(document.getElementById(`s${key}`)); }

// Controls lie far from the methods: they are drawn where they fit, and never stretch the axis.
function reach(lines) {
  const values = lines.flatMap((line) => line.v).filter((value) => value !== null);
  if (!values.length) return { autorange: true };
  const [low, high] = values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
  const pad = (high - low) * 0.08 || Math.abs(high) * 0.05 || 1;
  return { range: [low - pad, high + pad], autorange: false };
}

function drawCurve(sample) {
  const plots = curves.get(sample.dataset.key);
  const box = sample.querySelector(".curve");
  if (!plots || !box || !window.Plotly) return;
  const plot = plots[box.querySelector("[data-metric]").value];
  const player = players.get(sample.dataset.key);
  const colour = colours();
  const hidden = hiddenMethods(sample.closest(".board"));
  const lines = plot.lines.filter((line) => !hidden.has(line.row));
  const traces = lines.map((line) => ({
    x: line.t, y: line.v, name: plain(line.name), mode: "lines",
    line: { color: colour(line.colour), width: line.control ? 1 : 1.75, dash: line.control ? "dot" : "solid" },
    hovertemplate: `${plain(line.name)}: %{y:.4g}<extra></extra>`,
  }));
  for (const line of lines.filter((it) => it.worst)) {
    const [from, to] = line.worst;
    const inside = line.t.map((t, i) => [t, line.v[i]]).filter(([t]) => t >= from - 1e-3 && t < to - 1e-3);
    traces.push({ x: inside.map((it) => it[0]), y: inside.map((it) => it[1]), mode: "lines", hoverinfo: "skip",
      line: { color: colour(line.colour), width: 6 }, opacity: 0.45 });
  }
  const canvas = box.querySelector(".canvas");
  Plotly.react(canvas, traces, layout(colour, {
    height: 200, hovermode: "x unified", hoverdistance: -1, margin: { l: 50, r: 12, t: 8, b: 36 },
    xaxis: { title: { text: plain(plot.axis), standoff: 6 } },
    yaxis: { title: { text: plain(plot.unit) }, nticks: 5, ...reach(lines.filter((line) => !line.control)) },
  }), CONFIG).then(() => {
    if (!canvas.dataset.wired) {
      canvas.dataset.wired = "1";
      canvas.on("plotly_click", (event) => { if (timed(sample)) player.jump(event.points[0].x); });
      player.listeners.push((time) => { if (timed(sample)) movePlayhead(box, canvas, time); });
    }
    box.querySelector(".playhead").hidden = true;
    if (player.videos.length && timed(sample)) movePlayhead(box, canvas, player.time);
  });
  const worst = box.querySelector(".worst");
  worst.replaceChildren();
  const marked = lines.filter((line) => line.worst);
  if (marked.length) {
    const length = marked[0].worst[1] - marked[0].worst[0];
    worst.append(length > 0.9 ? "Worst second:" : `Worst ${length.toFixed(2)} s:`);
  }
  for (const line of marked) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = line.colour;
    button.textContent = `${line.name} from ${line.worst[0].toFixed(2)} s`;
    button.addEventListener("click", () => player.jump(line.worst[0]));
    worst.append(button);
  }
}

// Whether the metric that is shown has the clock of the videos; windows of a grid of views have none.
function timed(sample) {
  return curves.get(sample.dataset.key)[sample.querySelector("[data-metric]").value].axis === "seconds";
}

function movePlayhead(box, canvas, time) {
  const { _size: size } = canvas._fullLayout;
  const x = canvas._fullLayout.xaxis.l2p(time);
  const head = box.querySelector(".playhead");
  head.hidden = x < 0 || x > size.w;
  Object.assign(head.style, { left: `${size.l + x}px`, top: `${size.t}px`, height: `${size.h}px` });
}

function redraw(root) {
  if (!window.Plotly) return;
  for (const div of root.querySelectorAll("[data-cost]")) {
    drawCost(div, costs[Number(div.dataset.cost)]);
  }
  for (const sample of root.querySelectorAll(".sample")) if (curves.has(sample.dataset.key)) drawCurve(sample);
}

const costs = JSON.parse(document.getElementById("costs").textContent);
for (const board of document.querySelectorAll(".board")) board.addEventListener("methods", () => redraw(board));
for (const sample of document.querySelectorAll(".sample")) {
  const select = sample.querySelector("[data-metric]");
  if (!select) continue;
  // One choice for every sample of the table, so that samples can be compared.
  select.addEventListener("change", () => {
    for (const other of sample.closest(".board").querySelectorAll(".sample")) {
      const its = other.querySelector("[data-metric]");
      if (!its || ![...its.options].some((option) => option.value === select.value)) continue;
      its.value = select.value;
      drawCurve(other);
    }
  });
  sample.addEventListener("near", () => {
    const script = document.createElement("script");
    script.src = `curves/${sample.dataset.key}.js`;
    document.head.append(script);
  }, { once: true });
}
addEventListener("DOMContentLoaded", () => redraw(document));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraw(document));
