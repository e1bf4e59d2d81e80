"use strict";
// The table: sorts, filters, searches. Cells only ever become text.
(() => {
  const PER_PAGE = 100;
  const table = document.getElementById("all");
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const kinds = heads.map((head) => head.dataset.kind);
  const keys = heads.map((head) => head.dataset.key);
  const names = heads.map((head) => head.textContent);
  const drawings = [...body.rows].map((row) => row.querySelector(".drawing")); // of the first rows, drawn in the page
  const all = JSON.parse(document.getElementById("rows").textContent);
  const search = document.getElementById("search");
  const filters = ["status", "call"].map((name) => ({
    at: keys.indexOf(name),
    select: document.getElementById(`filter-${name}`),
  }));
  const shown = document.getElementById("shown");
  const previous = document.getElementById("previous");
  const next = document.getElementById("next");
  const texts = all.map((row) => row.map((cell) => (cell === null ? "" : String(cell))).join("\n").toLowerCase());
  let order = all.map((_, place) => place);
  let page = 0;

  for (const { at, select } of filters) {
    for (const value of [...new Set(all.map((row) => row[at]))].sort()) {
      select.add(new Option(value === "" ? "(none)" : value, `=${value}`));
    }
  }

  function matching() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    return order.filter(
      (place) =>
        filters.every(({ at, select }) => select.value === "" || `=${all[place][at]}` === select.value) &&
        words.every((word) => texts[place].includes(word)),
    );
  }

  function show() {
    const found = matching();
    const pages = Math.max(1, Math.ceil(found.length / PER_PAGE));
    page = Math.min(Math.max(0, page), pages - 1);
    const part = found.slice(page * PER_PAGE, (page + 1) * PER_PAGE);
    body.replaceChildren(
      ...part.map((place) => {
        const line = document.createElement("tr");
        all[place].forEach((cell, column) => {
          const td = line.insertCell();
          td.className = keys[column] + (kinds[column] === "number" ? " figure" : "");
          td.dataset.label = names[column];
          if (kinds[column] !== "drawing") td.textContent = cell === null ? "" : cell;
          else if (drawings[place]) td.append(drawings[place]);
        });
        return line;
      }),
    );
    const where = pages > 1 ? `, page ${page + 1} of ${pages}` : "";
    shown.textContent = `${found.length} of ${all.length} rows${where}`;
    previous.disabled = page === 0;
    next.disabled = page >= pages - 1;
  }

  // Empty cells come last in both directions; equal ones stay in the order of the list.
  function sort(column, direction) {
    const number = kinds[column] === "number";
    const empty = (value) => value === null || value === "";
    order = all.map((_, place) => place);
    order.sort((one, other) => {
      const [a, b] = [all[one][column], all[other][column]];
      if (empty(a) || empty(b)) return empty(a) - empty(b) || one - other;
      return (number ? a - b : a < b ? -1 : a > b ? 1 : 0) * direction || one - other;
    });
  }

  heads.forEach((head, column) => {
    if (kinds[column] === "drawing") return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => {
      const direction = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      heads.forEach((one) => one.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
      sort(column, direction);
      page = 0;
      show();
    });
    head.replaceChildren(button);
  });
  const again = () => {
    page = 0;
    show();
  };
  search.addEventListener("input", again);
  for (const { select } of filters) select.addEventListener("change", again);
  const turn = (step) => () => {
    page += step;
    show();
  };
  previous.addEventListener("click", turn(-1));
  next.addEventListener("click", turn(1));
  show();
})();
