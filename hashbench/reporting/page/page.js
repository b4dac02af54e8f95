"use strict";
document.documentElement.classList.add("js");

const filters = document.getElementById("filters");
const tables = [...document.querySelectorAll("section.table")];

function valueOf(row, column) {
  const cell = row.cells[column];
  return cell.dataset.value ?? cell.textContent;
}

/* Sorts the rows of a table; rows without a value come last in both directions. */
function sortTable(head, column) {
  const numeric = head.dataset.kind === "number";
  const first = numeric ? "descending" : "ascending";
  const other = numeric ? "ascending" : "descending";
  const direction = head.getAttribute("aria-sort") === first ? other : first;
  const sign = direction === "ascending" ? 1 : -1;
  const body = head.closest("table").tBodies[0];
  const rows = [...body.rows].map((row) => ({ row, value: valueOf(row, column) }));
  rows.sort((a, b) => {
    if (!numeric) return sign * a.value.localeCompare(b.value, "en", { numeric: true });
    const [x, y] = [parseFloat(a.value), parseFloat(b.value)];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
    return sign * (x - y);
  });
  body.append(...rows.map(({ row }) => row));
  for (const each of head.parentElement.cells) each.setAttribute("aria-sort", "none");
  head.setAttribute("aria-sort", direction);
}

function filterRows() {
  const wanted = new FormData(filters);
  const word = wanted.get("method").trim().toLowerCase();
  const chosen = (name) => wanted.get(name);
  let [shown, all] = [0, 0];
  for (const board of document.querySelectorAll("section.board")) {
    const ofDataset = !chosen("dataset") || chosen("dataset") === "=" + board.dataset.dataset;
    let visible = 0;
    for (const section of board.querySelectorAll("section.table")) {
      let rows = 0;
      for (const row of section.querySelector("tbody").rows) {
        const matches = ["recipe", "labels", "family"].every(
          (name) => !chosen(name) || chosen(name) === "=" + row.dataset[name]
        );
        row.hidden = !(ofDataset && matches && row.dataset.method.toLowerCase().includes(word));
        rows += !row.hidden;
        all += 1;
      }
      section.hidden = rows === 0;
      visible += rows;
    }
    board.hidden = visible === 0;
    shown += visible;
  }
  document.getElementById("shown").textContent = `${shown} of ${all} rows shown`;
}

/* Quotes a field; one that a spreadsheet would take for a formula gets an apostrophe. */
function field(text) {
  const safe = /^[=+@\t\r]/.test(text) ? "'" + text : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function csvOf(table) {
  const heads = [...table.tHead.rows[0].cells];
  const lines = [
    heads.flatMap((head) => {
      const name = head.textContent;
      return head.dataset.kind === "number" ? [name, `${name} sd`, `${name} seeds`] : [name];
    }),
  ];
  for (const row of table.tBodies[0].rows) {
    if (row.hidden) continue;
    lines.push(
      heads.flatMap((head, column) => {
        const { value = "", sd = "", seeds = "" } = row.cells[column].dataset;
        return head.dataset.kind === "number" ? [value, sd, seeds] : [valueOf(row, column)];
      })
    );
  }
  return lines.map((line) => line.map(field).join(",") + "\n").join("");
}

function download(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/* Opens the details of the cell that the address names, such as report.html#cell-3f2a. */
function openNamed() {
  const named = document.getElementById(location.hash.slice(1));
  if (named?.matches(".details")) named.showPopover();
}

for (const section of tables) {
  [...section.querySelectorAll("thead th")].forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => sortTable(head, column));
  });
  const button = section.querySelector(".csv");
  const table = section.querySelector("table");
  button.addEventListener("click", () => download(`${table.id}.csv`, csvOf(table)));
}
filters.addEventListener("input", filterRows);
filters.addEventListener("submit", (event) => event.preventDefault());
filters.addEventListener("reset", () => setTimeout(filterRows));
for (const link of document.querySelectorAll(".details a")) {
  link.addEventListener("click", () => link.closest(".details").hidePopover());
}
addEventListener("hashchange", openNamed);
filterRows();
openNamed();
