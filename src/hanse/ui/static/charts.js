// Draws what hanse.ui.charts describes, in the colours of the theme. The words and
// numbers are the page's; the table beside each chart says the same without this.
"use strict";
(() => {
  const language = document.documentElement.lang;
  const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const instants = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" });
  const days = new Intl.DateTimeFormat(language, { month: "short", day: "numeric" });
  const hours = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const drawn = new Map();

  // light-dark() pairs are resolved by the browser through a real property.
  function colours() {
    const probe = document.createElement("span");
    document.body.append(probe);
    const resolve = (name) => {
      probe.style.color = `var(--${name})`;
      return getComputedStyle(probe).color;
    };
    const found = { text: resolve("ink-2"), ink: resolve("ink"), line: resolve("line"), axis: resolve("line-2"), surface: resolve("surface"), limit: resolve("danger") };
    for (const tone of ["accent", "soft", "muted", "danger", "warn", "good", "violet"]) {
      found[tone] = resolve(`chart-${tone}`);
    }
    probe.remove();
    return found;
  }

  const withUnit = (value, unit) => (unit ? `${numbers.format(value)} ${unit}` : numbers.format(value));
  const signed = (value) => (value >= 0 ? `+${numbers.format(value)}` : `−${numbers.format(-value)}`);

  function axis(spec, c, extra = {}) {
    const base = {
      type: spec.scale === "linear" ? "value" : spec.scale === "log" ? "log" : spec.scale,
      name: spec.name, nameTextStyle: { color: c.text, fontSize: 11.5 },
      axisLine: { show: true, lineStyle: { color: c.axis } }, axisTick: { show: false },
      axisLabel: { color: c.text, fontSize: 11.5, hideOverlap: true },
      splitLine: { show: spec.scale !== "category" && spec.scale !== "time", lineStyle: { color: c.line } },
      min: spec.min ?? undefined, max: spec.max ?? undefined,
    };
    if (spec.scale === "linear" || spec.scale === "log") {
      base.axisLabel.formatter = (value) => withUnit(value, spec.unit);
      if (Number.isInteger(spec.max) || spec.max === null) base.minInterval = spec.unit ? 0 : 1;
    }
    if (spec.scale === "time") {
      base.axisLabel.formatter = (value) => {
        const at = new Date(value);
        return at.getHours() || at.getMinutes() ? hours.format(at) : days.format(at);
      };
    }
    return Object.assign(base, extra);
  }

  function tooltip(c, formatter) {
    // richText draws on the canvas: HTML tooltips need inline styles, which are barred.
    return { renderMode: "richText", confine: true, backgroundColor: c.ink, borderWidth: 0, padding: [6, 9],
      textStyle: { color: c.surface, fontSize: 12 }, formatter };
  }

  const LIMIT_ROOM = 82; // pixels, so that a level's label stands beside the points
  const limitLine = (limit, c, along) => limit && {
    silent: true, symbol: "none", animation: false,
    lineStyle: { color: c.limit, type: "dashed", width: 1 },
    label: { formatter: limit.label, color: c.limit, fontSize: 11.5, backgroundColor: c.surface, padding: [1, 4], borderRadius: 3,
      position: along === "x" ? "start" : "end" },
    data: [along === "x" ? { xAxis: limit.value } : { yAxis: limit.value }],
  };

  const place = (value, scale) => (scale === "time" ? instants.format(new Date(value)) : typeof value === "number" ? numbers.format(value) : value);

  const kinds = {
    scatter(spec, c) {
      return {
        grid: { left: 8, right: spec.limit ? LIMIT_ROOM : 18, top: 30, bottom: spec.x.scale === "time" ? 4 : 22, containLabel: true },
        xAxis: axis(spec.x, c, spec.x.scale === "time" ? { name: "" } : { nameLocation: "middle", nameGap: 26, splitLine: { show: true, lineStyle: { color: c.line } } }),
        yAxis: axis(spec.y, c, { nameTextStyle: { color: c.text, fontSize: 11.5, align: "left", padding: [0, 0, 0, -20] } }),
        tooltip: tooltip(c, (p) => `${p.value[2] ? `${p.value[2]}\n` : ""}${place(p.value[0], spec.x.scale)}\n${spec.y.name} ${withUnit(p.value[1], spec.y.unit)}`),
        series: spec.series.map((s) => ({
          type: "scatter", data: s.points, symbolSize: s.points.length > 80 ? 5 : 9,
          itemStyle: { color: c[s.tone], opacity: 0.7 }, markLine: limitLine(spec.limit, c, "y"),
        })),
      };
    },
    bars(spec, c, width) {
      return {
        grid: { left: 4, right: 44, top: 4, bottom: 18, containLabel: true },
        xAxis: axis(spec.x, c, { nameLocation: "middle", nameGap: 24, axisLine: { show: false }, splitNumber: 4 }),
        yAxis: axis({ ...spec.y, scale: "category" }, c, { name: "", inverse: true, data: spec.bars.map((b) => b.label), axisLabel: { color: c.ink, fontSize: 12, width: Math.min(170, width * 0.4), overflow: "truncate" } }),
        tooltip: tooltip(c, (p) => `${p.name}\n${withUnit(p.value, spec.x.unit)}`),
        series: [{ type: "bar", barMaxWidth: 13, data: spec.bars.map((b) => ({ value: b.value, href: b.href, itemStyle: { color: c[b.tone], borderRadius: 2 } })),
          label: { show: true, position: "right", color: c.ink, fontSize: 12, formatter: (p) => withUnit(p.value, spec.x.unit) } }],
      };
    },
    waterfall(spec, c, width) {
      // The last row is the total itself, so that the eye can check the sum.
      const rows = [...spec.steps, { label: spec.total.label, from: 0, to: spec.total.value, isTotal: true, href: "" }];
      const low = (r) => Math.min(r.from, r.to), high = (r) => Math.max(r.from, r.to);
      const tone = (r) => (r.isTotal ? c.ink : r.to >= r.from ? c.accent : c.muted);
      const words = (r) => (r.isTotal ? numbers.format(r.to) : signed(r.to - r.from));
      return {
        grid: { left: 4, right: 40, top: spec.limit ? 22 : 4, bottom: 4, containLabel: true },
        xAxis: axis(spec.x, c, { name: "", axisLine: { show: false } }),
        yAxis: axis({ name: "", scale: "category" }, c, { inverse: true, data: rows.map((r) => r.label), axisLabel: { color: c.ink, fontSize: 12, width: Math.min(240, width * 0.42), overflow: "truncate" } }),
        tooltip: tooltip(c, (p) => `${p.name}\n${words(rows[p.dataIndex])}${rows[p.dataIndex].isTotal ? "" : ` → ${numbers.format(rows[p.dataIndex].to)}`}`),
        series: [
          { type: "bar", stack: "a", silent: true, itemStyle: { color: "transparent" }, data: rows.map(low), tooltip: { show: false } },
          { type: "bar", stack: "a", barMaxWidth: 15, barMinWidth: 3, markLine: limitLine(spec.limit, c, "x"),
            data: rows.map((r) => ({ value: high(r) - low(r), href: r.href, itemStyle: { color: tone(r), borderRadius: 2 } })),
            label: { show: true, position: "right", color: c.ink, fontSize: 12, formatter: (p) => words(rows[p.dataIndex]) } },
        ],
      };
    },
    columns: (spec, c) => overX(spec, c, (s) => ({ type: "bar", stack: "a", barMaxWidth: 18, itemStyle: { color: c[s.tone], borderRadius: 1 } })),
    lines: (spec, c) => overX(spec, c, (s) => ({ type: "line", showSymbol: s.points.length < 40, symbolSize: 5, lineStyle: { width: 2 }, itemStyle: { color: c[s.tone] } })),
  };

  function overX(spec, c, look) {
    const several = spec.series.length > 1;
    return {
      grid: { left: 8, right: spec.limit ? LIMIT_ROOM : 18, top: several ? 44 : 28, bottom: 4, containLabel: true },
      legend: several ? { top: 0, right: 0, itemWidth: 14, itemHeight: 9, textStyle: { color: c.text, fontSize: 12 } } : undefined,
      xAxis: axis(spec.x, c, { name: "" }),
      yAxis: axis(spec.y, c, { nameTextStyle: { color: c.text, fontSize: 11.5, align: "left", padding: [0, 0, 0, -20] }, axisLine: { show: false } }),
      tooltip: { ...tooltip(c, (ps) => [place(ps[0].value[0], spec.x.scale), ...ps.map((p) => `${p.seriesName.startsWith("series") ? spec.y.name : p.seriesName || spec.y.name} ${withUnit(p.value[1], spec.y.unit)}`)].join("\n")), trigger: "axis" },
      series: spec.series.map((s) => ({ name: s.name || spec.y.name, data: s.points, markLine: limitLine(spec.limit, c, "y"), ...look(s) })),
    };
  }

  function draw(box) {
    const spec = JSON.parse(box.dataset.spec);
    const chart = echarts.init(box, null, { renderer: "canvas" });
    chart.on("click", (p) => {
      const href = p.data?.href ?? (Array.isArray(p.value) ? p.value[3] : "");
      if (href) location.href = href;
    });
    drawn.set(box, { chart, spec });
    paint(box);
    new ResizeObserver(() => { chart.resize(); paint(box); }).observe(box);
  }
  function paint(box) {
    const { chart, spec } = drawn.get(box);
    chart.setOption({ animation: false, textStyle: { fontFamily: getComputedStyle(document.body).fontFamily }, ...kinds[spec.kind](spec, colours(), box.clientWidth) }, true);
    box.dataset.drawn = "";
  }
  function drawAll(within) {
    for (const [box, { chart }] of drawn) if (!box.isConnected) { chart.dispose(); drawn.delete(box); }
    within.querySelectorAll(".chart").forEach((box) => { if (!drawn.has(box)) draw(box); });
  }

  drawAll(document);
  document.addEventListener("hanse:arrived", (event) => drawAll(event.target));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => [...drawn.keys()].forEach(paint));
})();
