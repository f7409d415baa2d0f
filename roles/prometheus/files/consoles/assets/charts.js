/* Draws series over time with Chart.js, with a legend that shows the newest values. */
"use strict";

const charts = (() => {
  const MOST_SERIES = 30;
  const COLORS = 10;
  const TICKS = [60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800];

  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  /* A wall shows larger text than a phone (dashboards.css). */
  const scale = () => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;

  /* Lines at the values from which on a figure is a warning or bad. */
  const levelLines = {
    id: "levelLines",
    beforeDatasetsDraw(chart, _arguments, { levels }) {
      const { ctx, chartArea, scales } = chart;
      for (const kind of ["warn", "bad"]) {
        const value = levels?.[kind];
        if (value === undefined || value > scales.y.max || value < scales.y.min) continue;
        const height = scales.y.getPixelForValue(value);
        ctx.save();
        ctx.strokeStyle = color(kind);
        ctx.setLineDash([5, 4]);
        ctx.beginPath();
        ctx.moveTo(chartArea.left, height);
        ctx.lineTo(chartArea.right, height);
        ctx.stroke();
        ctx.restore();
      }
    },
  };

  /* Ticks at full minutes, hours or days of this place's time. */
  function timeTicks(axis) {
    const most = Math.max(2, Math.floor(axis.width / 70));
    const range = axis.max - axis.min;
    const step = TICKS.find((each) => range / each <= most) ?? 604800;
    const shift = new Date(axis.min * 1000).getTimezoneOffset() * 60;
    axis.ticks = [];
    for (let at = Math.ceil((axis.min - shift) / step) * step + shift; at <= axis.max; at += step) {
      axis.ticks.push({ value: at });
    }
  }

  /* Bytes are counted in powers of two, so are the steps of their axis. */
  function byteSteps(panel) {
    return (axis) => {
      if (!panel.unit?.startsWith("bytes") || !(axis.max > 0)) return;
      const step = 2 ** Math.ceil(Math.log2(axis.max / 5));
      axis.max = Math.ceil(axis.max / step) * step;
      axis.options.ticks.stepSize = step;
    };
  }

  function options(panel) {
    const text = { color: color("muted"), font: { family: getComputedStyle(document.body).fontFamily, size: 11 * scale() } };
    return {
      animation: false,
      maintainAspectRatio: false,
      normalized: true,
      parsing: false,
      interaction: { mode: "index", axis: "x", intersect: false },
      elements: { point: { radius: 0, hitRadius: 8 } },
      scales: {
        x: {
          type: "linear",
          grid: { display: false, borderColor: color("line") },
          afterBuildTicks: timeTicks,
          ticks: { ...text, maxRotation: 0, autoSkip: false, callback: format.tick },
        },
        y: {
          beginAtZero: true,
          max: panel.maximum,
          stacked: Boolean(panel.stacked),
          grid: { color: color("line"), drawBorder: false },
          afterDataLimits: byteSteps(panel),
          ticks: { ...text, maxTicksLimit: 6, callback: (value) => format.value(value, panel.unit) },
        },
      },
      plugins: {
        legend: { display: false },
        levelLines: { levels: panel.levels },
        tooltip: {
          itemSort: (one, other) => other.parsed.y - one.parsed.y,
          filter: (_item, index) => index < 12,
          callbacks: {
            title: (items) => (items.length ? format.time(items[0].parsed.x) : ""),
            label: (item) => ` ${item.dataset.label}: ${format.value(item.parsed.y, panel.unit)}`,
          },
        },
      },
    };
  }

  function dataset(series, index, panel, step) {
    const line = color(`series-${index % COLORS}`);
    return {
      label: series.name,
      data: series.points,
      borderColor: line,
      backgroundColor: `${line}${panel.stacked ? "66" : "1a"}`,
      fill: panel.stacked ? (index === 0 ? "origin" : "-1") : panel.one,
      // In a stack, zeros would lie over the line below them.
      borderWidth: panel.stacked && series.points.every((point) => point.y === 0) ? 0 : 1.75,
      spanGaps: step * 2.5,
    };
  }

  /* The series that are drawn: the largest, in the order of their names. */
  function chosen(series) {
    const size = (each) => Math.max(...each.points.map((point) => point.y).filter(Number.isFinite), 0);
    const largest = [...series].sort((one, other) => size(other) - size(one)).slice(0, MOST_SERIES);
    return largest.sort((one, other) => one.rank - other.rank || dom.compare(one.name, other.name));
  }

  function legend(chart, panel) {
    const list = document.createElement("ul");
    list.className = "legend";
    chart.data.datasets.forEach((each, index) => {
      const button = dom.element("button", "", { type: "button", title: "hide or show" });
      button.append(
        dom.element("i", "", { class: `swatch series-${index % COLORS}` }),
        dom.element("span", each.label),
        dom.element("b", format.value(each.data.at(-1)?.y, panel.unit)),
      );
      button.setAttribute("aria-pressed", String(chart.isDatasetVisible(index)));
      button.addEventListener("click", () => {
        chart.setDatasetVisibility(index, !chart.isDatasetVisible(index));
        button.setAttribute("aria-pressed", String(chart.isDatasetVisible(index)));
        chart.update("none");
      });
      const item = document.createElement("li");
      item.append(button);
      list.append(item);
    });
    return list;
  }

  /* Draw into `body`, again into the same canvas when there is one. */
  function draw(body, panel, series, view) {
    const shown = chosen(series);
    let chart = Chart.getChart(body.querySelector("canvas") ?? document.createElement("canvas"));
    const data = {
      datasets: shown.map((each, index) =>
        dataset(each, index, { ...panel, one: shown.length === 1 }, view.step)),
    };
    if (chart) {
      chart.data = data;
      chart.options = options(panel);
    } else {
      const canvas = dom.element("canvas", "", { role: "img", "aria-label": panel.title });
      const frame = dom.element("div", "", { class: "frame" });
      frame.append(canvas);
      body.replaceChildren(frame);
      chart = new Chart(canvas, { type: "line", data, options: options(panel), plugins: [levelLines] });
    }
    chart.options.scales.x.min = view.end - view.range;
    chart.options.scales.x.max = view.end;
    chart.update("none");
    body.querySelectorAll(".legend, .note").forEach((each) => each.remove());
    body.append(legend(chart, panel));
    if (series.length > shown.length) {
      body.append(dom.element("p", `the ${shown.length} largest of ${series.length} series`, { class: "note" }));
    }
  }

  /* Take the chart out of a panel that has something else to say. */
  function clear(body) {
    const canvas = body.querySelector("canvas");
    if (canvas) Chart.getChart(canvas)?.destroy();
  }

  return { draw, clear };
})();
