"use strict";
(() => {
  const form = document.querySelector(".controls");
  const choices = document.getElementById("choices");
  const folds = [...document.querySelectorAll("details.fold, details.problems")];
  const frames = [...document.querySelectorAll("[data-frame]")];
  const fingers = matchMedia("(pointer: coarse)").matches;
  const dark = matchMedia("(prefers-color-scheme: dark)");

  async function unpacked(id) {
    const packed = atob(document.getElementById(id).textContent);
    const bytes = Uint8Array.from(packed, (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  }

  // The page's policy names the sum of this text: the browser runs no other.
  async function load() {
    const [library, text] = await Promise.all([unpacked("library"), unpacked("content")]);
    const script = document.createElement("script");
    script.textContent = library;
    document.body.append(script);
    if (!window.Bokeh) throw new Error("the library was not run");
    return JSON.parse(text);
  }

  const boxes = (name) => [...form.querySelectorAll(`input[name=${name}]`)];
  const chosen = (name) =>
    new Set(boxes(name).filter((box) => box.checked).map((box) => box.value));

  // What is not among the choices, such as a control, is always shown.
  const shows = (name) => {
    const known = new Set(boxes(name).map((box) => box.value));
    const now = chosen(name);
    return (value) => value === undefined || !known.has(value) || now.has(value);
  };

  function start({ frames: models, dark: colours }) {
    const drawn = new Map();

    function recoloured(model) {
      if (!dark.matches) return model;
      const places = /^value$|_color$/;
      const dim = (key, value) =>
        places.test(key) && Object.hasOwn(colours, value) ? colours[value] : value;
      return JSON.parse(JSON.stringify(model), dim);
    }

    function select(plot) {
      const algorithm = shows("algorithm");
      for (const renderer of plot.renderers) {
        const { filter } = renderer.view;
        if (filter.booleans) filter.booleans = renderer.tags.map(algorithm);
        else renderer.visible = renderer.tags.every(algorithm);
      }
    }

    // Bokeh tells what lies under a mouse that moves; a finger taps.
    function tapped(event) {
      const { clientX, clientY } = event;
      const move = { view: window, clientX, clientY, pointerType: "mouse", isPrimary: true };
      event.composedPath()[0].dispatchEvent(new PointerEvent("pointermove", move));
    }

    async function embed(frame) {
      const plotted = frame.querySelector(".plot");
      const views = await Bokeh.embed.embed_item(recoloured(models[frame.dataset.frame]), plotted);
      const plot = [...views].map((view) => view.model).find((model) => model.type === "Plot");
      // Where fingers scroll the page, dragging must not zoom the figure.
      if (fingers) plotted.addEventListener("click", tapped);
      else plot.toolbar.tools[0].active = true;
      select(plot);
      frame.dataset.drawn = "yes";
      return { views, plot };
    }

    function draw(frame) {
      if (!frame.hidden && !drawn.has(frame)) drawn.set(frame, embed(frame));
      return drawn.get(frame);
    }

    async function redraw() {
      const again = [...drawn];
      drawn.clear();
      for (const [frame, done] of again) {
        (await done).views.clear();
        frame.querySelector(".plot").replaceChildren();
        draw(frame);
      }
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
      for (const item of document.querySelectorAll("[data-frame], .legend li, tr[data-algorithm]")) {
        item.hidden = !(algorithm(item.dataset.algorithm) && rate(item.dataset.rate));
      }
      for (const done of drawn.values()) done.then(({ plot }) => select(plot));
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
      frames.filter((frame) => !drawn.has(frame)).forEach((frame) => near.observe(frame));
    }

    const openness = () => form.toggleAttribute("data-open", choices.open);
    form.hidden = false;
    choices.addEventListener("toggle", openness);
    form.addEventListener("change", update);
    form.addEventListener("submit", (event) => event.preventDefault());
    dark.addEventListener("change", redraw);
    document.documentElement.classList.add("live");
    openness();
    update();
    return () => Promise.all(frames.map(draw));
  }

  // A link to something that is folded away opens it.
  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    let fold = target && target.closest("details");
    if (!fold) return;
    for (; fold; fold = fold.parentElement.closest("details")) fold.open = true;
    target.scrollIntoView();
  }
  addEventListener("hashchange", reveal);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (link && link.hash && link.hash === location.hash) reveal();
  });

  let drawAll = async () => {};
  const settled = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)));
  async function everything() {
    folds.forEach((fold) => { fold.open = true; });
    await drawAll();
    await settled();
  }

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = folds.filter((fold) => !fold.open);
    everything();
  });
  addEventListener("afterprint", () => closed.forEach((fold) => { fold.open = false; }));

  const unfold = document.getElementById("unfold"), print = document.getElementById("print");
  unfold.addEventListener("click", () => {
    const open = folds.some((fold) => !fold.open);
    folds.forEach((fold) => { fold.open = open; });
  });
  const name = () => {
    unfold.textContent = folds.some((fold) => !fold.open) ? "Open everything" : "Close everything";
  };
  folds.forEach((fold) => fold.addEventListener("toggle", name));
  print.addEventListener("click", () => everything().then(() => window.print()));
  unfold.hidden = print.hidden = false;

  reveal();
  // Without them the page still has its words, its tables and links to the figures.
  load().then((content) => { drawAll = start(content); }).catch(console.error);
})();
