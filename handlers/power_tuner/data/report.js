"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  const { readings, copy } = JSON.parse(at("data").textContent);
  const panels = at("panels"), drawings = [...panels.querySelectorAll("svg.panel")];
  const make = (parent, tag, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    parent.append(made);
    return made;
  };
  const clear = (kind) => panels.querySelectorAll(".guide." + kind).forEach((each) => each.remove());
  // A line through both panels, and a ring or a diamond around the marks of a memory size.
  const mark = (kind, memory) => {
    clear(kind);
    for (const drawing of drawings) {
      const found = [...drawing.querySelectorAll(`[data-mb="${memory}"]`)];
      if (!found.length) continue;
      const axis = drawing.querySelector(".axis").getAttribute("y1");
      const guide = make(drawing, "svg", {
        class: "guide " + kind, x: found[0].getAttribute("x"), width: 1, height: 1, overflow: "visible",
      });
      make(guide, "line", { y1: 44, y2: axis });
      for (const y of found.map((each) => Number(each.dataset.y))) {
        if (kind === "shown") make(guide, "circle", { cy: y, r: 11 });
        else make(guide, "path", { d: `M0 ${y - 13}l13 13l-13 13l-13 -13z` });
      }
    }
  };

  const hint = at("readout").textContent;
  let shown = -1;
  const tell = (index) => {
    if (index === shown) return;
    shown = index;
    const { memory, text, against } = readings[index];
    mark("shown", memory);
    at("readout").textContent = text + (against ? "; " + against : "") + ".";
  };
  const hush = () => {
    shown = -1;
    clear("shown");
    at("readout").textContent = hint;
  };
  const nearest = (event) => {
    const drawing = event.target.closest("svg.panel");
    if (!drawing) return -1;
    const box = drawing.getBoundingClientRect(), percent = 100 * (event.clientX - box.left) / box.width;
    const away = readings.map(({ memory }) => {
      const found = drawing.querySelector(`[data-mb="${memory}"]`);
      return found ? Math.abs(parseFloat(found.getAttribute("x")) - percent) : Infinity;
    });
    return away.indexOf(Math.min(...away));
  };
  if (drawings.length && readings.length) {
    at("readout").hidden = false;
    panels.tabIndex = 0;
    panels.setAttribute("role", "group");
    panels.setAttribute("aria-label", "Duration and cost by memory size; the arrow keys walk through them");
    panels.setAttribute("aria-describedby", "readout");
    const point = (event) => {
      const index = nearest(event);
      if (index >= 0) tell(index);
    };
    panels.addEventListener("pointermove", point);
    panels.addEventListener("pointerdown", point);
    panels.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hush());
    panels.addEventListener("keydown", (event) => {
      const last = readings.length - 1, steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };
      if (event.key in steps) tell(Math.max(0, Math.min(last, shown + steps[event.key])));
      else if (event.key === "Home") tell(0);
      else if (event.key === "End") tell(last);
      else if (event.key === "Escape") hush();
      else return;
      event.preventDefault();
    });
  }

  // As in tuning/strategies.py, whose first of equals wins too.
  const best = (among, values) => {
    const less = (one, other) => {
      const index = one.findIndex((value, place) => value !== other[place]);
      return index >= 0 && one[index] < other[index];
    };
    return among.reduce((one, other) => (less(values(other), values(one)) ? other : one));
  };
  const choose = (among, strategy, weight) => {
    const cost = (each) => each.cost, duration = (each) => each.duration;
    if (strategy === "cost") return best(among, (each) => [cost(each), duration(each)]);
    if (strategy === "speed") return best(among, (each) => [duration(each), cost(each)]);
    const mostCost = Math.max(...among.map(cost)) || 1, mostTime = Math.max(...among.map(duration));
    return best(among, (each) => [weight * cost(each) / mostCost + (1 - weight) * duration(each) / mostTime]);
  };
  const strategy = at("strategy");
  if (strategy) {
    const rows = new Map([...document.querySelectorAll("tbody tr")].map((row) => [row.dataset.mb, row]));
    const known = readings.filter((each) => each.duration !== null), measured = known.filter((each) => !each.predicted);
    const explained = at("picked").textContent;
    const pick = () => {
      const by = strategy.value, weight = Number(at("weight").value);
      rows.forEach((row) => row.classList.remove("picked"));
      clear("picked");
      at("strategies").classList.toggle("used", by !== "");
      at("weighting").hidden = by !== "balanced";
      at("weighed").textContent = weight.toFixed(2);
      if (!by) {
        at("picked").textContent = explained;
        return;
      }
      const { memory, text, against } = choose(measured, by, weight), believed = choose(known, by, weight);
      const better = believed.predicted ? ` By prediction ${believed.memory} MB is better; it was not invoked.` : "";
      const name = by === "balanced" ? "balance" : by;
      at("picked").textContent = `◇ By ${name}: ${text}${against ? "; " + against : ""}.${better}`;
      mark("picked", memory);
      rows.get(String(memory)).classList.add("picked");
      rows.get(String(memory)).firstElementChild.dataset.by = "by " + name;
    };
    strategy.addEventListener("change", pick);
    at("weight").addEventListener("input", pick);
    at("strategies").hidden = false;
    pick();
  }

  const offered = at("copy");
  if (offered && navigator.clipboard) {
    offered.hidden = false;
    offered.addEventListener("click", () => navigator.clipboard.writeText(copy).then(
      () => { at("copied").textContent = "Copied, for a spreadsheet."; },
      () => { at("copied").textContent = "The browser did not allow it; the CSV holds the same."; },
    ));
  }
})();
