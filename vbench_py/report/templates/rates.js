"use strict";
// Rate and distortion: a line a codec through its rates.
const rated = JSON.parse(document.getElementById("rates")?.textContent || "[]");

function drawRates(div) {
  const plot = rated[Number(div.dataset.rates)];
  const metric = plot.metrics[Number(div.parentElement.querySelector("[data-rated]").value)];
  const colour = colours();
  const hidden = hiddenMethods(div.closest(".board"));
  const lines = metric.lines.map((line) => ({ ...line, points: line.points.filter((point) => !hidden.has(point.row)) }));
  const rates = lines.flatMap((line) => line.points.map((point) => Math.log10(point.x)));
  const span = Math.max(...rates) - Math.min(...rates);
  Plotly.react(div, lines.filter((line) => line.points.length).map((line) => ({
    x: line.points.map((point) => point.x), y: line.points.map((point) => point.y), name: plain(brief(line.name)),
    text: line.points.map((point) => plain(point.name)), mode: "lines+markers", cliponaxis: false,
    line: { color: colour(line.colour), width: 2 }, marker: { size: 9, color: colour(line.colour) },
    hovertemplate: "%{text}<br>%{x:.3g}<br>%{y:.4g}<extra></extra>",
  })), layout(colour, {
    height: 400, showlegend: true, legend: { orientation: "h", y: -0.22 },
    xaxis: { type: "log", title: { text: plain(plot.rate) }, ...(span > 1 ? { dtick: 1 } : { nticks: 6 }) },
    yaxis: { title: { text: axisTitle(metric) } },
  }), CONFIG);
}

function redrawRates(root) {
  if (window.Plotly) root.querySelectorAll("[data-rates]").forEach(drawRates);
}

for (const select of document.querySelectorAll("[data-rated]")) select.addEventListener("change", () => redrawRates(select.closest(".board")));
for (const board of document.querySelectorAll(".board")) board.addEventListener("methods", () => redrawRates(board));
addEventListener("DOMContentLoaded", () => redrawRates(document));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redrawRates(document));
