/* Figures, times and names as people read them. Pure functions: nothing here knows the page. */
"use strict";

const format = (() => {
  const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  const DECIMAL = ["", "k", "M", "G", "T"];
  const DURATIONS = [[86400, "d"], [3600, "h"], [60, "min"]];

  /* At most three figures that say something; no zeros behind the point. */
  function short(value) {
    const size = Math.abs(value);
    const digits = size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
    return String(Number(value.toFixed(digits)));
  }

  function scaled(value, base, names) {
    let index = 0;
    let rest = value;
    while (Math.abs(rest) >= base && index < names.length - 1) {
      rest /= base;
      index += 1;
    }
    return [short(rest), names[index]];
  }

  function seconds(value) {
    const size = Math.abs(value);
    if (size === 0) return "0 s";
    if (size < 0.001) return `${short(value * 1e6)} µs`;
    if (size < 1) return `${short(value * 1e3)} ms`;
    if (size < 60) return `${short(value)} s`;
    const [length, unit] = DURATIONS.find(([least]) => size >= least);
    return `${Number((value / length).toFixed(size / length < 10 ? 1 : 0))} ${unit}`;
  }

  function number(value) {
    if (value !== 0 && Math.abs(value) < 0.001) return value.toExponential(0);
    return scaled(value, 1000, DECIMAL).join("");
  }

  const units = {
    number,
    ratio: (value) => `${Number((value * 100).toFixed(Math.abs(value) < 0.1 ? 1 : 0))} %`,
    bytes: (value) => scaled(value, 1024, BINARY).join(" "),
    bytes_per_second: (value) => `${scaled(value, 1024, BINARY).join(" ")}/s`,
    seconds,
    per_second: (value) => `${number(value)}/s`,
    per_minute: (value) => `${number(value)}/min`,
  };

  function value(figure, unit = "number", words = {}) {
    if (!Number.isFinite(figure)) return "–";
    return words[String(figure)] ?? units[unit](figure);
  }

  const clock = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const exact = new Intl.DateTimeFormat([], {
    weekday: "short", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  });
  const day = new Intl.DateTimeFormat([], { day: "numeric", month: "short" });

  /* A tick of the time axis: midnight is the day. */
  function tick(unixSeconds) {
    const date = new Date(unixSeconds * 1000);
    const midnight = date.getHours() === 0 && date.getMinutes() === 0;
    return (midnight ? day : clock).format(date);
  }

  /* "{node} {mountpoint}" with the labels of a series; all labels when nothing is left. */
  function name(legend, labels) {
    const filled = legend.replace(/\{(\w+)\}/g, (_all, label) => labels[label] ?? "").trim();
    if (filled) return filled;
    const { __name__: metric = "", ...others } = labels;
    return Object.values(others).join(" ") || metric || "all";
  }

  return {
    value,
    tick,
    name,
    time: (unixSeconds) => exact.format(new Date(unixSeconds * 1000)),
    seconds,
  };
})();
