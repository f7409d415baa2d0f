/* Asks Prometheus, below which these pages are served, and says plainly why an answer is missing. */
"use strict";

const prometheus = (() => {
  const TIMEOUT_MS = 20000;

  class Unreachable extends Error {}

  async function get(path, parameters, signal) {
    const query = new URLSearchParams(parameters).toString();
    const late = AbortSignal.timeout(TIMEOUT_MS);
    let answer;
    let body;
    try {
      answer = await fetch(`../api/v1/${path}${query ? `?${query}` : ""}`, {
        signal: AbortSignal.any ? AbortSignal.any([signal, late]) : signal,
      });
      body = await answer.text();
    } catch (error) {
      if (signal.aborted) throw error;
      throw new Unreachable(late.aborted ? `no answer within ${TIMEOUT_MS / 1000} s` : "no connection");
    }
    let content = null;
    try {
      content = JSON.parse(body);
    } catch {
      // A proxy's page, or a password that is missing: the status says it.
    }
    if (content?.status !== "success") {
      const reason = content?.error ?? `status ${answer.status}`;
      if (!content && answer.status !== 401 && answer.status < 500) throw new Error(reason);
      if (!content) throw new Unreachable(reason);
      throw new Error(reason);
    }
    return content.data;
  }

  /* A value as PromQL's regular expression in double quotes: nothing in it has a meaning. */
  function literally(text) {
    const expression = text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    return JSON.stringify(expression).slice(1, -1);
  }

  /* The expression with the page's filter and times put in; see mesosdeploy/dashboards/model.py. */
  function filled(expression, view) {
    const values = {
      $__rate_interval: `${Math.max(60, view.step + 15)}s`,
      $__range: `${view.range}s`,
    };
    if (view.label) values[`$${view.label}`] = view.only ? literally(view.only) : ".*";
    return expression.replace(/\$\w+/g, (name) => values[name] ?? name);
  }

  /* [{labels, value}] at the end of the view. */
  async function now(expression, view, signal) {
    const data = await get("query", { query: filled(expression, view), time: view.end }, signal);
    return data.result.map((series) => ({ labels: series.metric, value: Number(series.value[1]) }));
  }

  /* [{labels, points: [{x, y}]}] over the view; x is Unix time in seconds. */
  async function over(expression, view, signal) {
    const data = await get(
      "query_range",
      { query: filled(expression, view), start: view.end - view.range, end: view.end, step: view.step },
      signal,
    );
    return data.result.map((series) => ({
      labels: series.metric,
      points: series.values.map(([x, y]) => ({ x, y: Number(y) })),
    }));
  }

  return {
    Unreachable,
    now,
    over,
    alerts: async (signal) => (await get("alerts", {}, signal)).alerts,
    targets: async (signal) => (await get("targets", { state: "active" }, signal)).activeTargets,
  };
})();
