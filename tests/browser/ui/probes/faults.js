() => {
  const faults = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const hidden = (e) => [...e.querySelectorAll("[aria-label], .visually-hidden")]
    .map((inner) => inner.ariaLabel || inner.textContent).join("");
  const name = (e) => (e.ariaLabel || e.innerText || e.title || "").trim() || hidden(e);
  for (const e of all("input:not([type=hidden]), select, textarea")) {
    if (!e.labels?.length && !e.ariaLabel) faults.push(`no label: ${e.outerHTML}`);
  }
  for (const e of all("a[href], button, summary")) {
    if (!name(e) && e.checkVisibility()) faults.push(`no name: ${e.outerHTML}`);
  }
  for (const e of all("a a, a button, button button, form form")) {
    faults.push(`nested: ${e.outerHTML}`);
  }
  const ids = all("[id]").map((e) => e.id);
  for (const id of new Set(ids)) {
    if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push(`twice: ${id}`);
  }
  for (const attribute of ["aria-describedby", "aria-labelledby", "aria-controls"]) {
    for (const e of all(`[${attribute}]`)) {
      for (const id of e.getAttribute(attribute).split(" ").filter(Boolean)) {
        if (!document.getElementById(id)) faults.push(`${attribute} to nowhere: ${id}`);
      }
    }
  }
  for (const e of all("svg")) {
    if (!e.ariaHidden && !e.ariaLabel) faults.push("a picture without a name");
  }
  if (all("h1").length !== 1) faults.push(`h1: ${all("h1").length}`);
  if (all("main").length !== 1) faults.push(`main: ${all("main").length}`);
  if (!document.documentElement.lang || !document.title) faults.push("no title");
  for (const e of all("table")) if (!e.caption) faults.push("no caption");
  return faults;
}
