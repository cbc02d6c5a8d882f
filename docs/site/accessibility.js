// What screen readers and keyboards need and the theme lacks: names for its sidebars, a heading on the search page, and
// focus for whatever scrolls sideways.

function makeScrollable() {
  for (const each of document.querySelectorAll("pre, .table-wrapper")) {
    if (each.scrollWidth > each.clientWidth) each.tabIndex = 0;
    else each.removeAttribute("tabindex");
  }
}

addEventListener("DOMContentLoaded", () => {
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "Site navigation");
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", "On this page");
  if (!document.querySelector("h1")) {
    const heading = document.createElement("h1");
    heading.textContent = "Search";
    document.querySelector("article")?.prepend(heading);
  }
  makeScrollable();
});
addEventListener("load", makeScrollable);
addEventListener("resize", makeScrollable);
