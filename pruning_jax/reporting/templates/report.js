"use strict";
(() => {
  const content = JSON.parse(document.getElementById("content").textContent);
  const form = document.querySelector(".controls");
  const choices = document.getElementById("choices");
  const frames = [...document.querySelectorAll("[data-frame]")];
  const fine = matchMedia("(pointer: fine)").matches;
  const config = {
    responsive: true,
    displaylogo: false,
    displayModeBar: false,
    scrollZoom: false,
    showTips: false,
  };

  const boxes = (name) => [...form.querySelectorAll(`input[name=${name}]`)];
  const chosen = (name) =>
    new Set(boxes(name).filter((box) => box.checked).map((box) => box.value));

  // What is not among the choices, such as a control, is always shown.
  const shows = (name) => {
    const known = new Set(boxes(name).map((box) => box.value));
    const now = chosen(name);
    return (value) => value === null || value === undefined || !known.has(value) || now.has(value);
  };

  function draw(frame) {
    const plot = frame.querySelector(".plot");
    if (frame.hidden || plot.dataset.drawn) return;
    plot.dataset.drawn = "yes";
    const { data, layout, owners } = content[frame.dataset.frame];
    const algorithm = shows("algorithm");
    const traces = data.map((trace, i) => ({ ...trace, visible: algorithm(owners[i]) }));
    // Where fingers scroll the page, dragging must not zoom the figure.
    Plotly.newPlot(plot, traces, { ...layout, dragmode: fine ? "zoom" : false }, config);
  }

  function summary() {
    const words = (name, kind) => {
      const all = boxes(name);
      const on = all.filter((box) => box.checked);
      if (on.length === all.length) return `all ${kind}`;
      const labels = on.map((box) => box.parentElement.textContent.trim());
      return labels.length ? `${kind} ${labels.join(", ")}` : `no ${kind}`;
    };
    return `${words("rate", "noise rates")}; ${words("algorithm", "algorithms")}`;
  }

  function update() {
    const rate = shows("rate"), algorithm = shows("algorithm");
    for (const frame of frames) {
      const { owners, ...needs } = content[frame.dataset.frame];
      frame.hidden = !(rate(needs.rate) && algorithm(needs.algorithm));
      const plot = frame.querySelector(".plot");
      if (!plot.dataset.drawn || frame.hidden) continue;
      Plotly.restyle(plot, { visible: owners.map(algorithm) });
      Plotly.Plots.resize(plot);
    }
    for (const item of document.querySelectorAll("li[data-algorithm], tr[data-algorithm]")) {
      item.hidden = !(algorithm(item.dataset.algorithm) && rate(item.dataset.rate));
    }
    for (const row of document.querySelectorAll(".row")) {
      row.hidden = !row.querySelector("[data-frame]:not([hidden])");
    }
    for (const figure of document.querySelectorAll("figure")) {
      const nothing = figure.querySelector(".nothing");
      if (nothing) nothing.hidden = !!figure.querySelector("[data-frame]:not([hidden])");
    }
    document.getElementById("shown").textContent = summary();
    watch();
  }

  // Figures are drawn when they come near: dozens at once would hold the page for seconds.
  const near = new IntersectionObserver(
    (entries) => entries.filter((e) => e.isIntersecting).forEach((e) => draw(e.target)),
    { rootMargin: "800px 0px" },
  );
  function watch() {
    near.disconnect();
    frames.filter((frame) => !frame.querySelector(".plot").dataset.drawn).forEach((frame) => near.observe(frame));
  }

  const openness = () => form.toggleAttribute("data-open", choices.open);
  choices.open = matchMedia("(min-width: 44rem)").matches;
  choices.addEventListener("toggle", openness);
  form.addEventListener("change", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("beforeprint", () => frames.forEach(draw));
  openness();
  update();
})();
