// Draws what hanse.ui.relations describes and walks it: a click asks the server for
// a node's neighbours, a double click opens the node's page. The list beside it says
// the same and grows with it, so that nothing needs a mouse.
"use strict";
(() => {
  const shapes = { value: "ellipse", brand: "round-rectangle", campaign: "hexagon", file: "rectangle", host: "diamond", member: "round-tag", other: "triangle" };
  const tones = { value: "chart-danger", brand: "chart-accent", campaign: "chart-violet", file: "chart-warn", host: "chart-muted", member: "chart-good", other: "chart-muted" };

  function colour(name) {
    const probe = document.createElement("span");
    probe.style.color = `var(--${name})`;
    document.body.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  }

  function style() {
    return [
      { selector: "node", style: {
        "label": "data(label)", "font-size": 11.5, "font-family": getComputedStyle(document.body).fontFamily,
        "color": colour("ink"), "text-valign": "center", "text-halign": "right", "text-margin-x": 5,
        "text-background-color": colour("surface"), "text-background-opacity": 0.8, "text-background-padding": 1,
        "width": 16, "height": 16, "shape": (n) => shapes[n.data("kind")], "background-color": (n) => colour(tones[n.data("kind")]) } },
      { selector: "node.faces-left", style: { "text-halign": "left", "text-margin-x": -5 } },
      { selector: "node.faces-down", style: { "text-halign": "center", "text-valign": "bottom", "text-margin-x": 0, "text-margin-y": 4 } },
      { selector: "node.centre", style: { "width": 26, "height": 26, "font-weight": 600, "text-wrap": "ellipsis", "text-max-width": 130, "border-width": 3, "border-color": colour("line-2") } },
      { selector: "node[more]", style: { "border-width": 2, "border-color": colour("line-2"), "border-style": "dashed" } },
      { selector: "node.centre[more]", style: { "border-style": "dashed" } },
      { selector: "edge", style: { "width": 1.2, "line-color": colour("line-2"), "curve-style": "straight", "label": "data(label)", "font-size": 10,
        "color": colour("ink-2"), "text-rotation": "autorotate", "text-background-color": colour("surface"), "text-background-opacity": 0.9 } },
    ];
  }

  const node = (n, centre) => {
    const data = { id: n.id, label: n.hidden ? `${n.label} +${n.hidden}` : n.label, kind: n.kind, href: n.href };
    if (n.more) data.more = n.more;
    return { group: "nodes", data, classes: n.id === centre ? "centre" : "" };
  };
  const line = (l) => ({ group: "edges", data: { id: `${l.source}>${l.target}>${l.label}`, ...l } });
  // A radial tree around the centre, stretched to the box: the same picture each
  // time, and a node's neighbours stand beyond it. Labels face outwards.
  function arrange(cy, box) {
    const root = cy.$(".centre")[0];
    const children = new Map(), depth = new Map([[root.id(), 0]]);
    cy.elements().bfs({ roots: root, visit: (v, _e, from, _i, d) => {
      depth.set(v.id(), d);
      if (from) children.set(from.id(), [...(children.get(from.id()) || []), v]);
    } });
    const below = (n) => children.get(n.id()) || [];
    const leaves = (n) => below(n).reduce((sum, c) => sum + leaves(c), 0) || 1;
    const rings = Math.max(1, ...depth.values());
    const width = box.clientWidth / 2 - 120, height = box.clientHeight / 2 - 28;
    const set = (n, from, to) => {
      const d = depth.get(n.id()), angle = (from + to) / 2;
      const r = d === 0 ? 0 : rings === 1 ? 0.85 : 0.64 + (0.36 * (d - 1)) / (rings - 1);
      n.position({ x: r * width * Math.cos(angle), y: r * height * Math.sin(angle) });
      n.toggleClass("faces-left", d > 0 && Math.cos(angle) < -0.25);
      n.toggleClass("faces-down", d === 0 || Math.abs(Math.cos(angle)) <= 0.25);
      let start = from;
      for (const c of below(n)) {
        const end = start + ((to - from) * leaves(c)) / leaves(n);
        set(c, start, end);
        start = end;
      }
    };
    set(root, -Math.PI * 0.85, Math.PI * 1.15);
    cy.fit(undefined, 18);
    if (cy.zoom() > 1.1) { cy.zoom(1.1); cy.center(); }
  }

  function build(figure) {
    const box = figure.querySelector(".graph");
    const given = JSON.parse(box.dataset.spec);
    // Cytoscape would add a <style>, which the policy bars; the rule stands in hanse.css.
    if (!document.getElementById("__________cytoscape_stylesheet")) {
      const stand = document.createElement("meta");
      stand.id = "__________cytoscape_stylesheet";
      document.head.append(stand);
    }
    const cy = cytoscape({ container: box, style: style(), minZoom: 0.3, maxZoom: 2.5, userZoomingEnabled: false,
      elements: [...given.nodes.map((n) => node(n, given.centre)), ...given.lines.map(line)], layout: { name: "preset" } });
    arrange(cy, box);
    const names = new Map(given.nodes.map((n) => [n.id, n]));
    const asked = new Set();

    async function walk(id) {
      const more = cy.getElementById(id).data("more");
      if (!more || asked.has(id)) return;
      asked.add(id);
      const answer = await fetch(more, { headers: { accept: "application/json" }, credentials: "same-origin" });
      if (!answer.ok) { asked.delete(id); return; }
      const part = await answer.json();
      part.nodes.filter((n) => !names.has(n.id)).forEach((n) => { names.set(n.id, n); cy.add(node(n)); });
      part.lines.filter((l) => cy.getElementById(line(l).data.id).empty()).forEach((l) => { cy.add(line(l)); list(l); });
      cy.getElementById(id).removeData("more");
      arrange(cy, box);
      figure.querySelectorAll("button[data-walk]").forEach((b) => { if (b.dataset.walk === id) b.remove(); });
    }

    function end(id) {
      const n = names.get(id);
      const words = document.createElement(n.href ? "a" : "span");
      words.textContent = n.label;
      if (n.href) words.href = n.href;
      return [words, ...walker(n)];
    }
    function walker(n) {
      if (!n.more || asked.has(n.id)) return [];
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.walk = n.id;
      button.textContent = "＋";
      button.setAttribute("aria-label", figure.dataset.more.replace("{}", n.label));
      button.addEventListener("click", () => walk(n.id));
      return [button];
    }
    function list(l) {
      const item = document.createElement("li");
      const how = document.createElement("span");
      how.className = "graph-how";
      how.textContent = l.label || "—";
      item.append(...end(l.source), how, ...end(l.target));
      figure.querySelector(".graph-list").append(item);
    }

    figure.querySelector(".graph-list").replaceChildren();
    given.lines.forEach(list);
    cy.on("onetap", "node", (event) => walk(event.target.id()));
    cy.on("dbltap", "node", (event) => { const href = event.target.data("href"); if (href) location.href = href; });
    cy.on("mouseover", "node", () => { box.classList.add("is-over"); });
    cy.on("mouseout", "node", () => { box.classList.remove("is-over"); });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => cy.style(style()));
    new ResizeObserver(() => { cy.resize(); arrange(cy, box); }).observe(box);
    box.dataset.drawn = "";
  }

  const start = (within) => within.querySelectorAll(".graph-figure").forEach((f) => { if (!f.querySelector("[data-drawn]")) build(f); });
  start(document);
  document.addEventListener("hanse:arrived", (event) => start(event.target));
})();
