/* The page itself: what is chosen, when it is asked again, and links to other programs. */
"use strict";

(() => {
  const POINTS = 240;
  const LEAST_STEP = 15;
  const source = JSON.parse(document.getElementById("page").textContent);
  const list = source.sections.flatMap((section) => section.panels);
  const controls = document.getElementById("controls").elements;
  const trouble = document.getElementById("trouble");
  let running = new AbortController();
  let timer = 0;
  let answered = "";

  function view() {
    const range = Number(controls.range.value);
    const step = Math.max(LEAST_STEP, Math.ceil(range / POINTS / 15) * 15);
    const end = Math.floor(Date.now() / 1000 / LEAST_STEP) * LEAST_STEP;
    return { range, step, end, label: source.filter?.label, only: controls.only?.value ?? "" };
  }

  /* What was chosen is in the address, and goes along to the other pages. */
  function remember() {
    const chosen = new URLSearchParams({ range: controls.range.value, refresh: controls.refresh.value });
    document.querySelectorAll("nav a").forEach((link) => { link.search = chosen; });
    if (controls.only?.value) chosen.set("only", controls.only.value);
    history.replaceState(null, "", `?${chosen}`);
  }

  function recall() {
    const chosen = new URLSearchParams(location.search);
    for (const [name, usual] of [["range", "3600"], ["refresh", "15"]]) {
      controls[name].value = chosen.get(name) ?? usual;
      if (!controls[name].value) controls[name].value = usual;
    }
    const only = chosen.get("only");
    if (controls.only && only) offer([only], only);
  }

  function offer(values, chosen) {
    const known = [...new Set(chosen ? [...values, chosen] : values)].sort(dom.compare);
    const select = controls.only;
    select.replaceChildren(select.options[0], ...known.map((each) => new Option(each, each)));
    select.value = chosen;
  }

  async function panel(index, now, signal) {
    const body = document.querySelector(`#panel-${index} .body`);
    try {
      await panels.fill[list[index].kind](list[index], body, now, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof prometheus.Unreachable) throw error;
      panels.say(body, error.message, "error");
    }
  }

  async function choices(now, signal) {
    if (!source.filter) return;
    const { label, of } = source.filter;
    const found = await prometheus.now(`group by (${label}) (${of})`, now, signal);
    offer(found.map((each) => each.labels[label]).filter(Boolean), controls.only.value);
  }

  async function links(now, signal) {
    if (!source.links) return;
    const targets = await prometheus.targets(signal);
    const made = await Promise.all(source.links.map(async (link) => {
      const known = targets.filter((each) => each.labels.job === link.job);
      const only = link.only && new Set((await prometheus.now(link.only, now, signal)).map((each) => each.labels.node));
      return known
        .filter((each) => !only || only.has(each.labels.node))
        .map((each) => anchor(link, new URL(each.scrapeUrl), known.length > 1 && !only ? each.labels.node : ""));
    }));
    document.getElementById("links").replaceChildren(
      ...made.flat(),
      dom.element("a", "Prometheus", { href: "../graph" }),
    );
  }

  function anchor(link, address, node) {
    const port = link.port ?? address.port;
    const href = `${address.protocol}//${address.hostname}${port ? `:${port}` : ""}${link.path ?? "/"}`;
    return dom.element("a", node ? `${link.title} ${node}` : link.title, { href });
  }

  async function alerts(signal) {
    const body = document.getElementById("alerts");
    if (body) panels.alerts(body, await prometheus.alerts(signal));
  }

  async function refresh() {
    running.abort();
    running = new AbortController();
    const { signal } = running;
    clearTimeout(timer);
    remember();
    const now = view();
    const work = [choices(now, signal), links(now, signal), alerts(signal),
      ...list.map((_panel, index) => panel(index, now, signal))];
    const failed = (await Promise.allSettled(work)).find((each) => each.status === "rejected");
    if (signal.aborted) return;
    tell(failed?.reason);
    document.body.dataset.loaded = String(now.end);
    const seconds = Number(controls.refresh.value);
    if (seconds) timer = setTimeout(again, seconds * 1000);
  }

  function tell(error) {
    trouble.hidden = !error;
    document.body.classList.toggle("stale", Boolean(error));
    if (error) {
      const since = answered ? `What is shown is of ${answered}.` : "Nothing can be shown yet.";
      trouble.textContent = `Prometheus does not answer: ${error.message}. ${since}`;
      return;
    }
    answered = format.time(Date.now() / 1000);
    document.getElementById("at").textContent = `As of ${answered}.`;
  }

  /* A page that nobody sees asks nothing. */
  function again() {
    if (document.visibilityState === "visible") refresh();
  }

  document.getElementById("controls").addEventListener("change", refresh);
  document.getElementById("theme").addEventListener("click", () => { theme.toggle(); refresh(); });
  document.addEventListener("visibilitychange", again);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { theme.apply(); refresh(); });
  recall();
  refresh();
})();
