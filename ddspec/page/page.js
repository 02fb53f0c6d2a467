"use strict";
// One chart for each experiment: choose what lies along x, what the lines are, and where the rest
// stays; point at the chart to read the nearest value.
(() => {
  const COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C8C8C"];
  const DASHES = ["", "6 3", "2 3"];
  const SVG = "http://www.w3.org/2000/svg";
  const LEFT = 64, RIGHT = 14, TOP = 14, BOTTOM = 48;

  function make(tag, attributes, parent, text) {
    const node = tag.startsWith("svg:") ? document.createElementNS(SVG, tag.slice(4)) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    if (text !== undefined) node.textContent = text;
    if (parent) parent.append(node);
    return node;
  }
  const short = (value) => value === null ? "none" : typeof value !== "number" ? String(value)
    : Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3) ? value.toExponential(1) : String(+value.toPrecision(4));
  const spoken = (value, share) => value === null ? "no value" : share ? `${(100 * value).toFixed(2)} %` : short(value);

  function ticks(low, high, log) {
    if (!log) {
      const rough = (high - low) / 5, unit = 10 ** Math.floor(Math.log10(rough));
      const step = [1, 2, 5, 10].map((k) => k * unit).find((s) => s >= rough);
      const found = [];
      for (let t = Math.ceil(low / step) * step; t <= high * (1 + 1e-9) + 1e-12; t += step) found.push(+t.toPrecision(6));
      return found;
    }
    const found = [], whole = Math.log10(high / low) > 2.5 ? [1] : [1, 2, 5];
    for (let p = Math.floor(Math.log10(low)); p <= Math.ceil(Math.log10(high)); p++)
      for (const k of whole) { const t = k * 10 ** p; if (t >= low * 0.999 && t <= high * 1.001) found.push(+t.toPrecision(6)); }
    return found;
  }
  function scale(low, high, log, from, to) {
    const f = log ? Math.log : (v) => v, a = f(low), b = f(high);
    return (v) => from + (to - from) * (b === a ? 0.5 : (f(v) - a) / (b - a));
  }
  const spread = (values) => values.length > 2 && values[0] > 0 && values[values.length - 1] / values[0] >= 8;

  function chart(box, data) {
    const axis = Object.fromEntries(data.axes.map((a) => [a.name, a]));
    const state = { quantity: data.quantities[0], place: {}, hidden: new Set() };
    const controls = make("div", {}, box), plot = make("div", {}, box);
    const value = make("p", { class: "value", "aria-live": "polite" }, box), legend = make("div", { class: "legend" }, box);

    function choose(quantity) {
      const names = quantity.axes, numeric = names.filter((n) => axis[n].numeric && axis[n].values.length > 1);
      if (!names.includes(state.x) || !axis[state.x].numeric) state.x = numeric.includes("width") ? "width" : numeric[0] ?? names[0];
      const other = names.filter((n) => n !== state.x && axis[n].values.length > 1);
      if (!other.includes(state.lines)) state.lines = other.find((n) => !axis[n].numeric) ?? other[0];
      for (const n of names) state.place[n] ??= axis[n].values.length - 1;
    }
    function select(title, options, current, change) {
      const label = make("label", {}, controls, title), list = make("select", {}, label);
      options.forEach(([words, key]) => { const o = make("option", { value: key }, list, words); o.selected = key === current; });
      list.addEventListener("change", () => { change(list.value); draw(); });
    }
    function setControls() {
      controls.replaceChildren();
      const q = state.quantity, names = q.axes;
      select("show", data.quantities.map((each, n) => [each.name.replaceAll("_", " "), String(n)]), String(data.quantities.indexOf(q)), (n) => { state.quantity = data.quantities[+n]; });
      const along = names.filter((n) => axis[n].numeric && axis[n].values.length > 1);
      if (along.length > 1) select("along", along.map((n) => [n, n]), state.x, (n) => { if (n === state.lines) state.lines = state.x; state.x = n; state.hidden.clear(); });
      const rest = names.filter((n) => n !== state.x && axis[n].values.length > 1);
      if (rest.length > 1) select("lines", rest.map((n) => [n, n]), state.lines, (n) => { state.lines = n; state.hidden.clear(); });
      for (const n of rest.filter((each) => each !== state.lines))
        select(axis[n].title, axis[n].values.map((v, k) => [short(v), String(k)]), String(state.place[n]), (k) => { state.place[n] = +k; });
    }
    function curves() {
      const q = state.quantity, sizes = q.axes.map((n) => axis[n].values.length);
      const at = (place) => q.axes.reduce((sum, n, d) => sum * sizes[d] + place[n], 0);
      const order = axis[state.x].values.map((v, k) => [v, k]).filter(([v]) => v !== null).sort((a, b) => a[0] - b[0]);
      const labels = state.lines ? axis[state.lines].values : [""];
      return labels.map((label, line) => ({
        label: state.lines ? `${axis[state.lines].numeric ? state.lines + " " : ""}${short(label)}` : q.name.replaceAll("_", " "),
        line,
        points: order.map(([v, k]) => {
          const place = { ...state.place, [state.x]: k };
          if (state.lines) place[state.lines] = line;
          const n = at(place);
          return { x: v, y: q.mean[n], s: q.spread[n] };
        }).filter((p) => p.y !== null),
      })).filter((c) => c.points.length);
    }
    function draw() {
      const W = Math.max(340, Math.min(860, box.clientWidth)), H = Math.max(280, Math.round(W * 0.52));
      choose(state.quantity); setControls(); plot.replaceChildren(); legend.replaceChildren(); value.textContent = "";
      const all = curves(), shown = all.filter((c) => !state.hidden.has(c.line)), points = shown.flatMap((c) => c.points);
      const svg = make("svg:svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": `${state.quantity.title} along ${state.x}` }, plot);
      all.forEach((c) => {
        const button = make("button", { type: "button", "aria-pressed": String(!state.hidden.has(c.line)) }, legend);
        make("i", { style: `border-color:${COLORS[c.line % 8]};border-top-style:${["solid", "dashed", "dotted"][Math.floor(c.line / 8) % 3]}` }, button);
        make("span", {}, button, c.label);
        button.addEventListener("click", () => { state.hidden.has(c.line) ? state.hidden.delete(c.line) : state.hidden.add(c.line); draw(); });
      });
      if (!points.length) { make("svg:text", { x: W / 2, y: H / 2, "text-anchor": "middle" }, svg, "no finished cells here"); return; }
      const xs = [...new Set(points.map((p) => p.x))].sort((a, b) => a - b), ys = points.map((p) => p.y);
      const logx = spread(xs), top = Math.max(...ys), least = Math.min(...ys);
      const logy = !state.quantity.share && least > 0 && top / least > 30;
      const px = scale(xs[0], xs[xs.length - 1], logx, LEFT, W - RIGHT);
      const y0 = logy ? least * 0.8 : Math.min(0, least), y1 = logy ? top * 1.25 : top * 1.06 || 1;
      const py = scale(y0, y1, logy, H - BOTTOM, TOP);
      for (const t of ticks(y0, y1, logy)) {
        make("svg:line", { x1: LEFT, x2: W - RIGHT, y1: py(t), y2: py(t), stroke: "#e3e3e3" }, svg);
        make("svg:text", { x: LEFT - 8, y: py(t) + 5, "text-anchor": "end", "font-size": 14, fill: "#444" }, svg, state.quantity.share ? `${+(100 * t).toPrecision(4)} %` : short(t));
      }
      for (const t of ticks(xs[0], xs[xs.length - 1] || 1, logx))
        make("svg:text", { x: px(t), y: H - BOTTOM + 20, "text-anchor": "middle", "font-size": 14, fill: "#444" }, svg, short(t));
      make("svg:text", { x: (LEFT + W - RIGHT) / 2, y: H - 6, "text-anchor": "middle", "font-size": 15, fill: "#1c1c1c" }, svg, axis[state.x].title);
      for (const c of shown) {
        const color = COLORS[c.line % 8], line = c.points.map((p) => `${px(p.x)},${py(p.y)}`).join(" ");
        const band = c.points.filter((p) => p.s !== null && (!logy || p.y > p.s));
        if (band.length > 1) make("svg:polygon", { points: [...band.map((p) => `${px(p.x)},${py(p.y + p.s)}`), ...band.reverse().map((p) => `${px(p.x)},${py(p.y - p.s)}`)].join(" "), fill: color, opacity: 0.14 }, svg);
        make("svg:polyline", { points: line, fill: "none", stroke: color, "stroke-width": 2, "stroke-dasharray": DASHES[Math.floor(c.line / 8) % 3] }, svg);
        for (const p of c.points) make("svg:circle", { cx: px(p.x), cy: py(p.y), r: 2.6, fill: color }, svg);
      }
      const mark = make("svg:circle", { r: 6, fill: "none", stroke: "#1c1c1c", "stroke-width": 1.6, visibility: "hidden" }, svg);
      svg.addEventListener("pointermove", (event) => {
        const frame = svg.getBoundingClientRect(), mx = (event.clientX - frame.left) * W / frame.width, my = (event.clientY - frame.top) * H / frame.height;
        let best = null;
        for (const c of shown) for (const p of c.points) {
          const distance = (px(p.x) - mx) ** 2 + (py(p.y) - my) ** 2;
          if (!best || distance < best.distance) best = { distance, c, p };
        }
        const { c, p } = best;
        mark.setAttribute("cx", px(p.x)); mark.setAttribute("cy", py(p.y)); mark.setAttribute("visibility", "visible");
        const error = p.s === null ? "" : ` ± ${spoken(p.s, state.quantity.share)} (standard error)`;
        value.textContent = `${c.label}, ${state.x} ${short(p.x)}: ${spoken(p.y, state.quantity.share)}${error}`;
      });
    }
    draw();
    window.addEventListener("resize", draw);
  }
  for (const box of document.querySelectorAll(".chart")) {
    const data = JSON.parse(document.getElementById(`readings-${box.dataset.for}`).textContent);
    if (data.quantities.length) { box.replaceChildren(); chart(box, data); }
  }
})();
