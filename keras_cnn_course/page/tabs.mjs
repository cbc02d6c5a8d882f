// Tabs.

import { find } from "./elements.mjs";

/** Let a click, or the arrow keys, open the panel that belongs to a tab; `opened(id)` is called with the panel's id. */
export function connectTabs(tabs, opened) {
  const open = (chosen) => {
    for (const tab of tabs) {
      const selected = tab === chosen;
      tab.setAttribute("aria-selected", String(selected));
      tab.tabIndex = selected ? 0 : -1;
      find(tab.getAttribute("aria-controls")).hidden = !selected;
    }
    opened(chosen.getAttribute("aria-controls"));
  };
  tabs.forEach((tab, number) => {
    tab.addEventListener("click", () => open(tab));
    tab.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      const other = tabs[(number + (event.key === "ArrowRight" ? 1 : tabs.length - 1)) % tabs.length];
      open(other);
      other.focus();
    });
  });
}
