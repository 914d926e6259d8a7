/* SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
   SPDX-License-Identifier: GPL-3.0-or-later */
"use strict";

/* A table can be sorted by the buttons that its headings become, and searched. */
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const texts = rows.map(row => row.textContent.toLowerCase());

  const key = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.sort === undefined ? cell.textContent : cell.dataset.sort === "" ? null : Number(cell.dataset.sort);
  };
  const compare = (a, b) => typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", {numeric: true});

  const sort = (heading, column) => {
    const order = heading.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    for (const other of heading.parentNode.cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", order === 1 ? "ascending" : "descending");
    const keyed = rows.map((row, place) => ({row, place, value: key(row, column)}));
    keyed.sort((a, b) => (a.value === null) - (b.value === null)
      || (a.value === null ? 0 : order * compare(a.value, b.value)) || a.place - b.place);
    body.append(...keyed.map(one => one.row));
  };

  [...table.tHead.rows[0].cells].forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sort(heading, column));
    heading.append(button);
  });

  const search = table.closest("section").querySelector(".search");
  const count = search.querySelector("output");
  search.hidden = false;
  search.querySelector("input").addEventListener("input", event => {
    const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, place) => {
      row.hidden = !words.every(word => texts[place].includes(word));
      shown += !row.hidden;
    });
    count.textContent = words.length ? `${shown} of ${rows.length}` : `${rows.length}`;
  });
}

/* A matrix names the pair at which one points. Its cells are read from its paths: Mcolumn row h length. */
for (const matrix of document.querySelectorAll("svg.matrix")) {
  const figure = matrix.closest("figure");
  const names = JSON.parse(figure.querySelector("script").textContent);
  const output = figure.querySelector("output");
  const size = names.length;
  const states = ["no link"];
  const cells = new Uint8Array(size * size);
  for (const path of matrix.querySelectorAll(".cells")) {
    states.push(path.classList[1].replace("-", " "));
    for (const [, column, row, length] of path.getAttribute("d").matchAll(/M(\d+) (\d+)h(\d+)/g)) {
      const start = row * size + Number(column);
      cells.fill(states.length - 1, start, start + Number(length));
    }
  }
  const point = event => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.getScreenCTM().inverse());
    const row = Math.floor(at.y);
    const column = Math.floor(at.x);
    if (row < 0 || column < 0 || row >= size || column >= size || row === column) return;
    output.textContent = `${names[row]} and ${names[column]}: ${states[cells[row * size + column]]}`;
  };
  matrix.addEventListener("pointermove", point);
  matrix.addEventListener("click", point);
}

/* A page stays as it was measured, so it says how long ago that was. */
const made = document.querySelector("time");
const minutes = Math.floor((Date.now() - Date.parse(made.dateTime)) / 60000);
if (minutes >= 1) {
  const [length, unit] = minutes < 120 ? [1, "minutes"] : minutes < 2880 ? [60, "hours"] : [1440, "days"];
  document.getElementById("ago").textContent = ` (${Math.floor(minutes / length)} ${unit} ago)`;
}
