/* Fills the panels of a page: figures, charts, tables, alerts. What comes from outside is text only. */
"use strict";

const panels = (() => {
  const MOST_ROWS = 200;
  const MOST_ALERTS = 6;
  const SEVERITIES = ["critical", "warning", "info"];

  /* "", "warn" or "bad"; a bound counts as passed. */
  function level(value, levels) {
    if (!levels || !Number.isFinite(value)) return "";
    const passed = (bound) =>
      bound !== undefined && (levels.worse === "lower" ? value <= bound : value >= bound);
    return passed(levels.bad) ? "bad" : passed(levels.warn) ? "warn" : "";
  }

  function say(body, text, kind) {
    charts.clear(body);
    body.replaceChildren(dom.element("p", text, { class: kind }));
  }

  async function stat(panel, body, view, signal) {
    const [found, of] = await Promise.all([
      prometheus.now(panel.query.expr, view, signal),
      panel.of ? prometheus.now(panel.of.expr, view, signal) : [],
    ]);
    if (!found.length) {
      say(body, panel.empty ?? (panel.label ? "nobody" : "no data"), panel.empty ? "value none" : "empty");
      return;
    }
    const whole = of[0]?.value;
    const { value } = found[0];
    const bad = level(value, panel.levels) || (whole !== undefined && value < whole ? "warn" : "");
    const text = panel.label
      ? found.map((each) => each.labels[panel.label]).join(", ")
      : format.value(value, panel.unit, panel.words);
    const line = dom.element("p", text, { class: `value ${bad}` });
    if (whole !== undefined) {
      line.append(dom.element("small", ` of ${format.value(whole, panel.unit)}`));
    }
    body.replaceChildren(line);
    if (panel.unit === "ratio") body.append(bar(value, bad));
  }

  function bar(value, kind) {
    return dom.element("meter", "", { min: 0, max: 1, value: Math.min(1, Math.max(0, value)), class: kind });
  }

  async function chart(panel, body, view, signal) {
    const answers = await Promise.all(
      panel.queries.map((query) => prometheus.over(query.expr, view, signal)),
    );
    const series = answers.flatMap((found, rank) =>
      found.map((each) => ({
        rank,
        name: format.name(panel.queries[rank].legend ?? "", each.labels),
        points: each.points.filter((point) => Number.isFinite(point.y)),
      })),
    ).filter((each) => each.points.length);
    if (!series.length) {
      say(body, panel.empty ?? "no data", "empty");
    } else if (Math.max(...series.map((each) => each.points.length)) < 2) {
      say(body, "one sample so far: a line needs two", "empty");
    } else {
      charts.draw(body, panel, series, view);
    }
  }

  async function table(panel, body, view, signal) {
    const answers = await Promise.all(
      panel.columns.map((column) => prometheus.now(column.query.expr, view, signal)),
    );
    const rows = new Map();
    answers.forEach((found, index) => {
      for (const { labels, value } of found) {
        const names = panel.by.map((label) => labels[label] ?? "");
        const key = JSON.stringify(names);
        if (!rows.has(key)) rows.set(key, { names, cells: [] });
        rows.get(key).cells[index] = { value, text: labels[panel.columns[index].label] };
      }
    });
    if (!rows.size) {
      say(body, panel.empty ?? "no data", "empty");
      return;
    }
    const sorted = [...rows.values()].sort((one, other) =>
      dom.compare(one.names.join("\n"), other.names.join("\n")));
    const box = dom.element("div", "", { class: "scroll", tabindex: 0, role: "group", "aria-label": panel.title });
    box.append(grid(panel, sorted.slice(0, MOST_ROWS)));
    body.replaceChildren(box);
    if (sorted.length > MOST_ROWS) {
      body.append(dom.element("p", `${MOST_ROWS} of ${sorted.length} rows`, { class: "note" }));
    }
  }

  function grid(panel, rows) {
    const made = document.createElement("table");
    const head = made.createTHead().insertRow();
    for (const title of panel.by) head.append(dom.element("th", title, { scope: "col" }));
    for (const column of panel.columns) {
      head.append(dom.element("th", column.title, { scope: "col", class: isText(column) ? "" : "figure" }));
    }
    const content = made.createTBody();
    for (const { names, cells } of rows) {
      const row = content.insertRow();
      names.forEach((name) => row.append(dom.element("th", name, { scope: "row" })));
      panel.columns.forEach((column, index) => row.append(cell(column, cells[index])));
    }
    return made;
  }

  const isText = (column) => Boolean(column.label || column.words);

  function cell(column, found) {
    if (column.label) return dom.element("td", found?.text ?? "–");
    const kind = found ? level(found.value, column.levels) : "";
    const text = found ? format.value(found.value, column.unit, column.words) : "–";
    const made = dom.element("td", text, { class: `${isText(column) ? "" : "figure"} ${kind}` });
    if (found && column.unit === "ratio") made.append(bar(found.value, kind));
    return made;
  }

  /* Links only where a browser may follow them; everything else stays text. */
  function runbook(address) {
    const known = /^https?:\/\//.test(address ?? "");
    return known
      ? dom.element("a", "runbook", { href: address, rel: "noreferrer" })
      : dom.element("code", address ?? "");
  }

  /* One card for all that is wrong in the same way, the worst first. */
  function alerts(body, found) {
    const cards = new Map();
    for (const each of found.filter(({ labels }) => labels.severity !== "none")) {
      const key = JSON.stringify([each.state, each.labels.severity, each.labels.alertname]);
      cards.set(key, [...(cards.get(key) ?? []), each]);
    }
    const rank = ([{ labels, state }]) =>
      (state === "firing" ? 0 : 10) + (SEVERITIES.indexOf(labels.severity) + 1 || 9);
    const sorted = [...cards.values()].sort((one, other) =>
      rank(one) - rank(other) || dom.compare(one[0].labels.alertname, other[0].labels.alertname));
    body.replaceChildren(...sorted.map(alert));
    if (!sorted.length) body.append(dom.element("p", "No alert is active.", { class: "calm" }));
  }

  function alert(group) {
    const [{ labels, annotations, state }] = group;
    const severity = SEVERITIES.includes(labels.severity) ? labels.severity : "info";
    const firing = state === "firing";
    const began = Math.min(...group.map((each) => Date.parse(each.activeAt)));
    const age = format.seconds(Math.round(Math.max(0, Date.now() - began) / 1000));
    const facts = dom.element("p", "", { class: "facts" });
    facts.append(
      dom.element("b", firing ? severity : `${severity}, not yet firing`),
      ` ${labels.alertname} for ${age} `,
      runbook(annotations.runbook),
    );
    const made = dom.element("article", "", { class: `alert ${severity} ${firing ? "" : "pending"}` });
    made.append(dom.element("h3", annotations.summary || labels.alertname), facts, list(group));
    return made;
  }

  function list(group) {
    const made = document.createElement("ul");
    const texts = group.map((each) => each.annotations.description ?? each.labels.instance ?? "");
    texts.sort(dom.compare);
    made.append(...texts.slice(0, MOST_ALERTS).map((text) => dom.element("li", text)));
    if (texts.length > MOST_ALERTS) made.append(dom.element("li", `and ${texts.length - MOST_ALERTS} more`));
    return made;
  }

  return { fill: { stat, chart, table }, say, alerts };
})();
