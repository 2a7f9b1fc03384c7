"use strict";
(() => {
  const words = document.body.dataset;
  const make = (tag, text, attributes = {}) => {
    const made = document.createElement(tag);
    if (text) made.textContent = text;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  };
  const main = document.querySelector("main");
  const bar = make("div", "", { class: "switches", role: "toolbar", "aria-label": words.switches });
  const said = make("span", "", { class: "soft", role: "status" });

  // digits: printed decimals are replaced by the stored numbers
  const DECIMAL = /[\u2212-]?\d[\d,]*\.\d+/g;
  const cells = [...document.querySelectorAll("td[data-v]")].map((cell) => ({
    cell, node: cell.firstChild, printed: cell.firstChild.nodeValue, values: cell.dataset.v.split(" ").map(Number),
  }));
  const typeset = (value, digits) => {
    const text = value.toFixed(digits);
    const [whole, decimals] = text.replace("-", "").split(".");
    const zero = !/[1-9]/.test(text);
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
    return (value < 0 && !zero ? "\u2212" : "") + grouped + (decimals ? "." + decimals : "");
  };
  const setDigits = (digits) => {
    for (const { node, printed, values } of cells) {
      let place = 0;
      node.nodeValue = digits === null ? printed : printed.replace(DECIMAL, () => typeset(values[place++], digits));
    }
  };
  if (cells.length) {
    const label = make("label", words.digits + " ");
    const choice = make("select");
    choice.append(make("option", words.printed, { value: "" }));
    for (let digits = 0; digits <= 8; digits++) choice.append(make("option", String(digits), { value: digits }));
    choice.addEventListener("change", () => setDigits(choice.value === "" ? null : Number(choice.value)));
    label.append(choice);
    bar.append(label);
  }

  // stars: one for each of 10, 5 and 1 percent, from the stored p-values
  const starred = [...document.querySelectorAll("td[data-p]")];
  const tick = (text, checked, act) => {
    const label = make("label");
    const box = make("input", "", { type: "checkbox" });
    box.checked = checked;
    box.addEventListener("change", () => act(box.checked));
    label.append(box, " " + text);
    bar.append(label);
  };
  if (starred.length) {
    const before = starred.map((cell) => cell.querySelector("sup"));
    tick(words.stars, before.some(Boolean), (on) => {
      starred.forEach((cell, place) => {
        cell.querySelectorAll("sup").forEach((old) => old.remove());
        const p = Number(cell.dataset.p);
        const stars = before[place] ? before[place].textContent : "*".repeat((p < 0.1) + (p < 0.05) + (p < 0.01));
        if (on && stars) cell.append(make("sup", stars));
      });
    });
  }

  // intervals: columns and rows that hold nothing else
  const INTERVAL = /^[[(\u2212\d].*,.*[\])]$/;
  const isInterval = (cell) => INTERVAL.test(cell.textContent.trim()) && /^\[/.test(cell.textContent.trim());
  const hideable = [];
  for (const table of document.querySelectorAll("figure.table table")) {
    const rows = [...table.rows];
    const wide = Math.max(...rows.map((row) => row.cells.length));
    const regular = rows.every((row) => row.cells.length === wide);
    const body = [...table.tBodies].flatMap((group) => [...group.rows]);
    for (const row of body) {
      const filled = [...row.cells].filter((cell) => cell.tagName === "TD" && cell.textContent.trim());
      if (row.classList.contains("more") && filled.length && filled.every(isInterval)) hideable.push(row);
    }
    for (let column = 1; column < wide && regular; column++) {
      const filled = body.map((row) => row.cells[column]).filter((cell) => cell.textContent.trim());
      if (filled.some(isInterval) && filled.every((cell) => isInterval(cell) || cell.textContent.trim().length < 4))
        hideable.push(...rows.map((row) => row.cells[column]));
    }
  }
  if (hideable.length)
    tick(words.intervals, true, (on) => hideable.forEach((part) => { part.hidden = !on; }));

  // sorting: by a column, rows of one body among themselves, the lines of a row kept together
  const key = (text) => {
    const found = text.replace(/,(?=\d{3})/g, "").replace("\u2212", "-").match(/-?\d+(\.\d+)?(e-?\d+)?/);
    return found ? Number(found[0]) : null;
  };
  const sortBy = (table, column, down) => {
    for (const body of table.tBodies) {
      const blocks = [];
      for (const row of body.rows) {
        if (row.classList.contains("panel") || row.classList.contains("foot")) return;
        if (row.classList.contains("more") && blocks.length) blocks[blocks.length - 1].push(row);
        else blocks.push([row]);
      }
      const text = (block) => (block[0].cells[column] || block[0].cells[0]).textContent.trim();
      blocks.sort((one, other) => {
        const [a, b] = [text(one), text(other)];
        const [x, y] = [key(a), key(b)];
        if (!a || !b) return a ? -1 : b ? 1 : 0;
        const order = x !== null && y !== null ? x - y : a.localeCompare(b, document.documentElement.lang);
        return down ? -order : order;
      });
      body.append(...blocks.flat());
    }
  };
  for (const table of document.querySelectorAll("figure.table table")) {
    const heads = table.tHead ? table.tHead.rows : [];
    const plain = heads.length === 1 && [...heads[0].cells].every((cell) => cell.colSpan === 1);
    const one = [...table.tBodies].filter((body) => !body.querySelector(".foot, .panel")).length === table.tBodies.length;
    if (!plain || !one) continue;
    [...heads[0].cells].forEach((cell, column) => {
      if (!cell.textContent.trim()) return;
      const button = make("button", cell.textContent, { type: "button", class: "sort", title: words.sort });
      cell.textContent = "";
      cell.append(button);
      button.addEventListener("click", () => {
        const down = cell.getAttribute("aria-sort") === "ascending";
        [...heads[0].cells].forEach((other) => other.removeAttribute("aria-sort"));
        cell.setAttribute("aria-sort", down ? "descending" : "ascending");
        sortBy(table, column, down);
      });
    });
  }

  // copying a table as it is shown
  const grid = (table) => [...table.rows].map((row) => [...row.cells].filter((cell) => !cell.hidden).flatMap((cell) =>
    [cell.textContent.trim().replace(/\u2212/g, "-"), ...Array(cell.colSpan - 1).fill("")]));
  const csv = (table) => grid(table).map((row) => row.map((text) => {
    const safe = /^[=+@\t]|^-(?![\d.])/.test(text) ? "'" + text : text;
    return /[",\n]/.test(safe) ? '"' + safe.replace(/"/g, '""') + '"' : safe;
  }).join(",")).join("\n");
  const SPECIAL = { "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "<": "\\textless{}", ">": "\\textgreater{}" };
  const escaped = (text) => text.replace(/[\\~^<>]|[&%$#_{}]/g, (sign) => SPECIAL[sign] || "\\" + sign).replace(/^-(?=[\d.])/, "$-$");
  const latex = (table) => {
    const rows = grid(table).map((row) => row.map(escaped).join(" & ") + " \\\\");
    const heads = table.tHead ? table.tHead.rows.length : 0;
    const wide = Math.max(...grid(table).map((row) => row.length));
    return ["\\begin{tabular}{l" + "r".repeat(wide - 1) + "}", "\\toprule", ...rows.slice(0, heads), "\\midrule",
      ...rows.slice(heads), "\\bottomrule", "\\end{tabular}"].join("\n") + "\n";
  };
  const copy = async (text) => {
    try { await navigator.clipboard.writeText(text); } catch {
      const room = make("textarea", text);
      document.body.append(room);
      room.select();
      document.execCommand("copy");
      room.remove();
    }
    said.textContent = words.copied;
  };
  for (const figure of document.querySelectorAll("figure.table")) {
    const table = figure.querySelector("table");
    const line = make("p", "", { class: "copy" });
    for (const [name, as] of [["LaTeX", latex], ["CSV", csv]]) {
      const button = make("button", words.copy + " " + name, { type: "button" });
      button.addEventListener("click", () => copy(as(table)));
      line.append(button);
    }
    figure.append(line);
  }
  bar.append(said);
  main.prepend(bar);
})();
