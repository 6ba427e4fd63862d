"""The fixed parts of a page of ranked cells: its style and its script."""

from __future__ import annotations

from ._svg import STYLE as CELL_STYLE

STYLE = (
    """\
:root {
  color-scheme: light dark;
  --page: #fff; --ink: #222; --soft: #5c5c5c; --rule: #d5d5d5; --stripe: #f5f6f8;
  --accent: #0b57b8; --terminal: #555;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #17191c; --ink: #e8e8e8; --soft: #a9adb3; --rule: #3c4046; --stripe: #1f2226;
    --accent: #8ab8ff; --terminal: #b4b8bd;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 80rem; padding: 1rem; background: var(--page); color: var(--ink);
  font: 1rem/1.45 system-ui, sans-serif;
}
h1 { font-size: 1.4rem; margin: 0 0 0.25rem; }
p { margin: 0 0 0.75rem; color: var(--soft); }
.tools { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: end; margin: 1rem 0; }
label { display: grid; gap: 0.2rem; flex: 1 1 16rem; max-width: 32rem; }
input, button { font: inherit; color: inherit; }
input {
  padding: 0.4rem 0.6rem; border: 1px solid var(--soft); border-radius: 0.3rem;
  background: var(--page); width: 100%;
}
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.table { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 0.4rem 0.75rem; text-align: left; border-bottom: 1px solid var(--rule); }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
tbody tr:nth-child(even) { background: var(--stripe); }
tbody th {
  font-size: 0.875rem; font-weight: 500; overflow-wrap: anywhere; min-width: 7rem;
  max-width: 20rem;
}
td.operations { font-size: 0.875rem; color: var(--soft); min-width: 12rem; }
.sort, .draw, dialog button {
  background: none; border: 1px solid transparent; border-radius: 0.3rem; cursor: pointer;
  padding: 0.2rem 0.3rem;
}
.sort { font-weight: 600; white-space: nowrap; }
.sort::after { content: " \\2195"; color: var(--soft); }
[aria-sort="ascending"] .sort::after { content: " \\2191"; }
[aria-sort="descending"] .sort::after { content: " \\2193"; }
.sort:hover, .draw:hover, dialog button:hover { border-color: var(--soft); }
.draw { display: flex; gap: 0.5rem; align-items: start; }
.draw .cell { height: 7rem; width: auto; max-width: 14rem; }
dialog {
  border: 1px solid var(--rule); border-radius: 0.5rem; background: var(--page);
  color: var(--ink); max-width: 96vw; max-height: 94vh; padding: 1rem;
}
dialog::backdrop { background: rgb(0 0 0 / 50%); }
dialog h2 { font-size: 1.1rem; margin: 0 0 0.5rem; overflow-wrap: anywhere; }
dialog .cells { display: flex; gap: 1.5rem; align-items: start; }
dialog .cell { flex: 0 1 auto; min-width: 0; height: auto; zoom: 1.3; }
dialog nav { display: flex; gap: 0.5rem; margin-bottom: 0.75rem; }
dialog nav button { border-color: var(--soft); padding: 0.3rem 0.8rem; }
dialog nav button:disabled { opacity: 0.4; cursor: default; }
@media (max-width: 48rem) {
  .operations, thead th:last-child { display: none; }
  table, thead, tbody { display: block; }
  tr:not([hidden]) {
    display: flex; flex-wrap: wrap; align-items: baseline; border-bottom: 1px solid var(--rule);
  }
  tbody th { flex: 1; }
  tbody td:last-child { flex: 0 0 100%; }
  .draw .cell { max-width: 100%; }
  dialog .cells { flex-wrap: wrap; }
  dialog .cells .cell { max-width: 100%; }
  th, td { padding: 0.4rem; border: 0; }
}
"""
    + CELL_STYLE
)

SCRIPT = """\
"use strict";
const body = document.querySelector("tbody");
const rows = Array.from(body.rows);
const search = document.querySelector("#search");
const shown = document.querySelector("#shown");
const dialog = document.querySelector("dialog");
const [previous, next] = dialog.querySelectorAll("[data-step]");
const visible = () => Array.from(body.rows).filter((row) => !row.hidden);

function filter() {
  const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
  for (const row of rows) {
    const text = row.dataset.text;
    row.hidden = !words.every((word) => text.includes(word));
  }
  shown.textContent = `${visible().length} of ${rows.length} shown`;
}
search.addEventListener("input", filter);

document.querySelectorAll(".sort").forEach((button) => {
  button.addEventListener("click", () => {
    const head = button.closest("th");
    const numeric = head.classList.contains("number");
    const old = head.getAttribute("aria-sort");
    const first = head.dataset.first;
    const order = old === "none" ? first : old === "ascending" ? "descending" : "ascending";
    document.querySelectorAll("[aria-sort]").forEach((h) => h.setAttribute("aria-sort", "none"));
    head.setAttribute("aria-sort", order);
    const key = (row) => row.cells[head.cellIndex].dataset.value;
    const compare = numeric
      ? (a, b) => Number(key(a)) - Number(key(b))
      : (a, b) => key(a).localeCompare(key(b), "en", { numeric: true });
    const sign = order === "ascending" ? 1 : -1;
    // Missing values are last, whatever the order.
    const missing = (row) => key(row) === "" ? 1 : 0;
    rows.sort((a, b) => missing(a) - missing(b) || sign * compare(a, b)
      || a.dataset.rank - b.dataset.rank);
    body.append(...rows);
  });
});

let current = null;
function show(row) {
  current = row;
  dialog.querySelector("h2").textContent = row.dataset.title;
  const cells = dialog.querySelector(".cells");
  cells.replaceChildren(...Array.from(row.querySelectorAll("svg"), (svg) => svg.cloneNode(true)));
  const all = visible();
  previous.disabled = all[0] === row;
  next.disabled = all[all.length - 1] === row;
  if (!dialog.open) dialog.showModal();
  if (document.activeElement.disabled) dialog.querySelector("[value=close]").focus();
}
function step(by) {
  const all = visible();
  const row = all[all.indexOf(current) + by];
  if (row) show(row);
}
body.addEventListener("click", (event) => {
  const button = event.target.closest(".draw");
  if (button) show(button.closest("tr"));
});
previous.addEventListener("click", () => step(-1));
next.addEventListener("click", () => step(1));
dialog.querySelector("[value=close]").addEventListener("click", () => dialog.close());
dialog.addEventListener("keydown", (event) => {
  if (event.key === "ArrowLeft") step(-1);
  if (event.key === "ArrowRight") step(1);
});
dialog.addEventListener("close", () => current.querySelector(".draw").focus());
"""
