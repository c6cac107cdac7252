(() => {
  "use strict";
  const told = JSON.parse(document.getElementById("samples").textContent);
  const series = {};
  for (const name of ["t", "a", "b", "target", "dose", "budget", "relays"]) {
    let sum = 0;
    series[name] = told[name].map((step) => (step === null ? null : (sum += step)));
  }
  const cursor = document.getElementById("cursor");
  const readout = document.getElementById("readout");
  const lines = [...document.querySelectorAll(".curve svg")].map((svg) => {
    const line = document.createElementNS(svg.namespaceURI, "path");
    line.setAttribute("class", "cursor");
    svg.append(line);
    return [svg, line];
  });
  const celsius = (name, i) => (series[name][i] / 100).toFixed(1).replace(".", told.mark) + " °C";
  const show = (i) => {
    const t = series.t[i];
    const clock = String(Math.floor(t / 60)).padStart(2, "0") + ":" + String(t % 60).padStart(2, "0");
    const closed = ["MASTER", "HEAT", "COOL"].filter((_, bit) => (series.relays[i] >> bit) & 1);
    const parts = [clock];
    if (series.a[i] !== null) parts.push("A " + celsius("a", i));
    if (series.b[i] !== null) parts.push("B " + celsius("b", i));
    if (series.target[i] !== null) parts.push(told.words.target + " " + celsius("target", i));
    parts.push(closed.join(" + ") || told.words.open);
    if (series.dose[i] !== null) parts.push((series.dose[i] / 1000).toFixed(2).replace(".", told.mark) + " CEM43");
    if (series.budget[i] !== null) parts.push(told.words.budget + " " + series.budget[i] + " %");
    readout.textContent = parts.join("  ·  ");
    cursor.value = i;
    cursor.setAttribute("aria-valuetext", readout.textContent);
    for (const [svg, line] of lines) {
      const box = svg.viewBox.baseVal;
      const x = box.width * (told.left + (told.span * Math.min(t, told.total)) / told.total);
      line.setAttribute("d", `M${x.toFixed(1)} 2V${box.height - 26}`);
    }
  };
  const at = (svg, event) => {
    const box = svg.getBoundingClientRect();
    const t = (((event.clientX - box.left) / box.width - told.left) / told.span) * told.total;
    let low = 0;
    let high = series.t.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (series.t[middle] < t) low = middle + 1;
      else high = middle;
    }
    show(low);
  };
  cursor.max = series.t.length - 1;
  cursor.addEventListener("input", () => show(Number(cursor.value)));
  for (const [svg] of lines) svg.addEventListener("pointermove", (event) => at(svg, event));
  document.getElementById("look").hidden = false;
  show(0);
})();
