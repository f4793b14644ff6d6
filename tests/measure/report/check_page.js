// SPDX-License-Identifier: Apache-2.0
//
// Put into a report by html_in_browser_test.cc: compares what is drawn and written with the records
// in the page, by arithmetic of its own, and looks at how it is laid out. Leaves its verdict as JSON
// in an element #verdict.
"use strict";
window.addEventListener("load", () => {
  const wrong = [], counts = {};
  const count = (what) => { counts[what] = (counts[what] || 0) + 1; };
  const complain = (text) => { if (wrong.length < 20) wrong.push(text); };
  const close = (a, b, tolerance) => Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b), 1e-300);

  const canonical = (object) => JSON.stringify(object, Object.keys(object).sort());
  const records = JSON.parse(document.getElementById("records").textContent)
    .filter((each) => each.kind === "measurement" && !(each.marks || []).includes("failed"));
  for (const each of records) each.key = [each.suite, each.test, canonical(each.setup)].join("\n");
  const of = (data, name) => records.filter((each) => each.switch === name &&
    each.key === [data.suite, data.test, data.setup].join("\n"));

  const figure = (values) => {
    const sorted = [...values].sort((a, b) => a - b), n = sorted.length;
    const median = n % 2 ? sorted[(n - 1) / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
    return { median, low: sorted[0], high: sorted[n - 1], rounds: n };
  };
  const same = (data, expected, tolerance) =>
    close(+data.value, expected.median, tolerance) && close(+data.low, expected.low, tolerance) &&
    close(+data.high, expected.high, tolerance) && +data.rounds === expected.rounds;

  const values = (data, name) => {
    const byRound = new Map();
    for (const each of of(data, name)) {
      if (data.metric in each.values) byRound.set(each.round, each.values[data.metric]);
    }
    return byRound;
  };
  const checkRatio = (data) => {
    const own = values(data, data.switch), other = values(data, data.ratioTo);
    const ratios = [...own].filter(([round, value]) => other.get(round) > 0 && value >= 0)
      .map(([round, value]) => value / other.get(round));
    return same(data, figure(ratios), 1e-12);
  };
  const checkPoint = (data) => {
    const rounds = of(data, data.switch).map((each) => (each.series || {})[data.series])
      .filter((each) => each && each.length)
      .map((each) => [...each].sort((a, b) => a[0] - b[0]));
    return rounds[0].some((_, i) => close(figure(rounds.map((each) => each[i][0])).median, +data.x, 1e-12) &&
      same(data, figure(rounds.map((each) => each[i][1])), 1e-12));
  };
  // To 0.2 %: histograms keep values to 0.1 %.
  const checkQuantile = (data) => {
    const buckets = of(data, data.switch).filter((each) => each.latency)
      .flatMap((each) => each.latency.buckets).sort((a, b) => a[0] - b[0]);
    const all = buckets.reduce((sum, each) => sum + each[2], 0);
    let seen = 0;
    for (const [from, to, number] of buckets) {
      seen += number;
      if (seen >= +data.quantile * all - 1e-6) {
        return +data.value >= from * 0.998 && +data.value <= to * 1.002;
      }
    }
    return false;
  };
  for (const element of document.querySelectorAll("[data-value]")) {
    const data = element.dataset;
    const kind = data.ratioTo ? "ratio" : data.quantile ? "quantile" : data.series ? "point" : "figure";
    const good = kind === "ratio" ? checkRatio(data)
      : kind === "quantile" ? checkQuantile(data)
      : kind === "point" ? checkPoint(data)
      : same(data, figure(values(data, data.switch).values()), 1e-12);
    count(kind);
    if (!good) complain(`${kind} differs from the records: ${JSON.stringify(data)}`);
  }

  // What is written says the number that is attached to it, to what it is rounded to.
  const prefixes = { "": 1, k: 1e3, M: 1e6, G: 1e9 };
  const written = (text, metric) => {
    const [, number, unit] = /^(?:≥ )?(-?[\d.,]+) ?(.*)$/.exec(text) || [];
    if (number === undefined) return NaN;
    const value = +number.replace(/,/g, "");
    const base = /latency|rtt/.test(metric) ? 1e-9 : 1;
    const times = { ns: 1e-9, "µs": 1e-6, ms: 1e-3, s: 1 };
    if (unit === "%") return value / 100;
    if (unit in times) return value * times[unit] / base;
    const bytes = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };
    if (unit in bytes) return value * bytes[unit];
    if (unit.endsWith("/Mframe") || unit.endsWith("/GB")) return value;
    return value * (prefixes[unit.replace(/(bit)?\/s$/, "")] || NaN);
  };
  for (const element of document.querySelectorAll("span.median[data-value]")) {
    const value = written(element.textContent, element.dataset.metric);
    count("text");
    if (!(Math.abs(value - element.dataset.value) <= 0.006 * Math.abs(element.dataset.value) +
          (/s\/(Mframe|GB)$/.test(element.textContent) ? 5.1e-3 : 5.1e-5))) {
      complain(`written as ${element.textContent}: ${element.dataset.value}`);
    }
  }
  for (const element of document.querySelectorAll("span.ratio")) {
    count("text");
    const value = parseFloat(element.textContent);
    if (!(Math.abs(value - element.dataset.value) <= 0.006 * element.dataset.value + 5.1e-3)) {
      complain(`ratio written as ${element.textContent}: ${element.dataset.value}`);
    }
  }

  // Layout, with everything unfolded.
  for (const each of document.querySelectorAll("details")) each.open = true;
  const box = (element) => element.getBoundingClientRect();
  for (const svg of document.querySelectorAll("figure svg")) {
    count("plot");
    const outer = box(svg), texts = [...svg.querySelectorAll("text")];
    const name = svg.querySelector("title").textContent;
    if (outer.width < 200 || outer.height < 50) complain(`${name}: ${outer.width} x ${outer.height}`);
    if (!svg.querySelector("desc") || !svg.getAttribute("aria-label")) complain(`${name}: not described`);
    const boxes = texts.map(box);
    boxes.forEach((a, i) => {
      if (a.left < outer.left - 1 || a.right > outer.right + 1 || a.top < outer.top - 1 ||
          a.bottom > outer.bottom + 1) {
        complain(`${name}: "${texts[i].textContent}" is outside`);
      }
      boxes.slice(i + 1).forEach((b, j) => {
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (wide > 2 && high > 5) {
          complain(`${name}: "${texts[i].textContent}" is over "${texts[i + 1 + j].textContent}"`);
        }
      });
    });
    // Bars of one plot are as long as their values.
    const bars = [...svg.querySelectorAll("rect.bar[data-value]:not([data-ratio-to])")];
    const longest = Math.max(...bars.map((each) => Math.abs(each.dataset.value)));
    const unit = longest > 0 ? Math.max(...bars.map((each) => each.width.baseVal.value)) / longest : 0;
    for (const bar of bars) {
      count("bar");
      if (Math.abs(bar.width.baseVal.value - Math.max(Math.abs(bar.dataset.value) * unit, 1)) > 1.1) {
        complain(`${name}: a bar of ${bar.dataset.value} is ${bar.width.baseVal.value} long`);
      }
    }
  }
  if (document.documentElement.scrollWidth > window.innerWidth + 1) {
    complain(`the page is wider than the window: ${document.documentElement.scrollWidth}`);
  }

  // Contrast as WCAG 2.1 counts it: text 4.5, what is drawn 3.
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\d.]+/g).map((each) => {
      const c = each / 255;
      return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const probe = document.body.appendChild(document.createElement("i"));
  const colour = (name) => {
    probe.style.color = `var(--${name})`;
    return luminance(getComputedStyle(probe).color);
  };
  const card = colour("card"), paper = colour("paper");
  const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  for (const name of ["ink", "soft", "accent"]) {
    if (contrast(colour(name), paper) < 4.5) complain(`--${name} is hard to read`);
  }
  for (const name of ["s0", "s1", "s2", "s3", "s4", "s5", "ceiling"]) {
    if (contrast(colour(name), card) < 3) complain(`--${name} is hard to see`);
  }
  probe.remove();

  const verdict = document.createElement("pre");
  verdict.id = "verdict";
  verdict.textContent = JSON.stringify({
    wrong, counts, dark: paper < 0.2,
    requests: performance.getEntriesByType("resource").map((each) => each.name),
    headings: document.querySelectorAll("h2, h3").length,
  });
  document.body.appendChild(verdict);
});
