"use strict";
// Sorting: each header's button sorts its column; the first press shows the better end first, empty cells stay last.
for (const table of document.querySelectorAll(".leaderboard")) {
  const heads = [...table.tHead.rows[table.tHead.rows.length - 1].cells];
  const body = table.tBodies[0];
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
    const other = { ascending: "descending", descending: "ascending" };
    const order = other[head.getAttribute("aria-sort")] || head.dataset.first;
    heads.forEach((it) => it.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    const value = (row) => row.cells[column].dataset.value;
    const compare = (a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x === "" || y === "") return (x === "") - (y === "");
      const difference = Number(x) - Number(y);
      return sign * (Number.isNaN(difference) ? x.localeCompare(y, undefined, { numeric: true }) : difference);
    };
    body.append(...[...body.rows].sort(compare));
  }));
}

// Filters: which methods are shown (in table, grids and plots), and which samples.
for (const board of document.querySelectorAll(".board")) {
  for (const box of board.querySelectorAll("[data-family]")) {
    box.addEventListener("change", () => {
      for (const it of board.querySelectorAll("[data-of]")) if (it.dataset.of === box.dataset.family) it.hidden = !box.checked;
    });
  }
  for (const box of board.querySelectorAll(".chip [data-method]")) {
    box.addEventListener("change", () => {
      for (const it of board.querySelectorAll(`tr[data-method="${box.dataset.method}"], figure[data-method="${box.dataset.method}"]`)) {
        it.hidden = !box.checked;
      }
      board.dispatchEvent(new CustomEvent("methods"));
    });
  }
  const search = board.querySelector("[data-search]");
  if (search) {
    search.addEventListener("input", () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const sample of board.querySelectorAll(".sample:not(.together)")) {
        const text = sample.querySelector("header").textContent.toLowerCase();
        sample.hidden = !words.every((word) => text.includes(word));
      }
    });
  }
}
function hiddenMethods(board) {
  return new Set([...board.querySelectorAll(".chip [data-method]:not(:checked)")].map((box) => Number(box.dataset.method)));
}

// On a narrow screen the tasks are one line that scrolls: the one that is open stands in sight.
const strip = document.querySelector("nav.pages");
if (strip) strip.scrollLeft = strip.querySelector("[aria-current]").offsetLeft - strip.offsetLeft - strip.clientWidth / 3;
