/* Sets light or dark before anything is painted: what was chosen here, else what the system says. */
"use strict";

const theme = {
  chosen() {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null; // storage is switched off
    }
  },
  now() {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    return this.chosen() ?? (dark ? "dark" : "light");
  },
  apply() {
    document.documentElement.dataset.theme = this.now();
  },
  toggle() {
    const other = this.now() === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = other;
    try {
      localStorage.setItem("theme", other);
    } catch {
      // it lasts as long as the page
    }
  },
};
theme.apply();
