"use strict";
(() => {
  const [NAME, ARN, STATE, REPORT, TEXTS, VALUES] = [0, 1, 2, 3, 4, 5];
  const SAVED = 3, DRIFT = 7, PAGE = 100;
  const at = (id) => document.getElementById(id);
  const rows = JSON.parse(at("data").textContent);
  const searched = rows.map((row) => row[ARN].toLowerCase());
  const heads = [...at("rows").closest("table").querySelectorAll("thead th")];
  const names = heads.map((head) => head.textContent);
  let column = 4, downwards = true, page = 0, found = [];

  const valueOf = (row) => (column === 0 ? row[NAME] : row[VALUES][column - 1]);
  const compare = (one, other) => {
    const a = valueOf(rows[one]), b = valueOf(rows[other]);
    if (a === null || b === null) return (a === null) - (b === null);
    const order = a < b ? -1 : a > b ? 1 : 0;
    return downwards ? -order : order;
  };
  const wanted = (row, which) => {
    if (which === "drifted") return (row[VALUES][DRIFT] || "0") !== "0";
    return !which || row[STATE] === which;
  };
  const element = (tag, text) => {
    const made = document.createElement(tag);
    made.textContent = text;
    return made;
  };
  const line = (number) => {
    const row = rows[number], made = document.createElement("tr"), head = element("th", row[NAME]);
    made.className = "state-" + row[STATE] + (row[VALUES][SAVED] < 0 ? " loses" : "");
    head.scope = "row";
    head.title = row[ARN];
    made.append(head);
    row[TEXTS].forEach((text, index) => {
      const cell = document.createElement("td");
      cell.dataset.name = names[index + 1];
      if (index === row[TEXTS].length - 1) {
        const link = element("a", text);
        link.href = row[REPORT];
        link.setAttribute("aria-label", text + ": report of " + row[NAME]);
        cell.append(link);
      } else cell.textContent = text;
      made.append(cell);
    });
    return made;
  };
  const draw = (all) => {
    const pages = Math.max(1, Math.ceil(found.length / PAGE));
    page = Math.min(page, pages - 1);
    const shown = all ? found : found.slice(page * PAGE, (page + 1) * PAGE);
    at("rows").replaceChildren(...shown.map(line));
    at("count").textContent = found.length.toLocaleString("en") + " of " + rows.length.toLocaleString("en");
    at("page").textContent = "Page " + (page + 1) + " of " + pages;
    at("back").disabled = page === 0;
    at("on").disabled = page === pages - 1;
  };
  const select = () => {
    const text = at("find").value.trim().toLowerCase(), which = at("which").value;
    found = [...rows.keys()].filter((number) => searched[number].includes(text) && wanted(rows[number], which));
    found.sort(compare);
    page = 0;
    draw(false);
  };
  const turn = (step) => { page += step; draw(false); };

  heads.forEach((head, index) => head.firstElementChild.addEventListener("click", () => {
    downwards = index === column ? !downwards : index > 2;
    column = index;
    heads.forEach((each) => each.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", downwards ? "descending" : "ascending");
    select();
  }));
  at("find").addEventListener("input", select);
  at("which").addEventListener("change", select);
  at("back").addEventListener("click", () => turn(-1));
  at("on").addEventListener("click", () => turn(1));
  addEventListener("beforeprint", () => draw(true));
  addEventListener("afterprint", () => draw(false));

  const picture = at("picture");
  if (picture) {
    const marks = [...picture.querySelectorAll("circle")];
    let shown = -1;
    const tell = (index) => {
      if (shown >= 0) marks[shown].classList.remove("shown");
      shown = index;
      marks[shown].classList.add("shown");
      const row = rows[marks[shown].dataset.row], text = row[TEXTS];
      at("readout").textContent = row[NAME] + ": " + text[0] + ", best " + text[1] + "; costs " + text[2] +
        " a month, saves " + text[3] + "; latency " + text[4] + "; " + text[6] + ".";
    };
    const find = () => {
      if (shown < 0) return;
      at("find").value = rows[marks[shown].dataset.row][ARN];
      at("which").value = "";
      select();
      at("rows").scrollIntoView({ block: "center" });
    };
    const places = new Map(marks.map((mark, index) => [mark, index]));
    picture.addEventListener("pointerover", (event) => places.has(event.target) && tell(places.get(event.target)));
    picture.addEventListener("click", (event) => {
      if (!places.has(event.target)) return;
      tell(places.get(event.target));
      find();
    });
    picture.addEventListener("keydown", (event) => {
      const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
      const ends = { Home: 0, End: marks.length - 1 };
      if (event.key in steps) tell(Math.max(0, Math.min(marks.length - 1, shown + steps[event.key])));
      else if (event.key in ends) tell(ends[event.key]);
      else if (event.key === "Enter") find();
      else return;
      event.preventDefault();
    });
  }
  select();
})();
