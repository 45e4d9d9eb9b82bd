/* Measurements of `benchmarks.web` within the page; runs before the page's own scripts. */
globalThis.bench = (() => {
  const first = {};
  const wanted = ["input", "a.row", ".message"];
  new MutationObserver(() => {
    for (const each of wanted) {
      if (!(each in first) && document.querySelector(each)) first[each] = performance.now();
    }
  }).observe(document, { childList: true, subtree: true });

  let shifted = 0;
  new PerformanceObserver((list) => {
    for (const each of list.getEntries()) {
      // The list of conversations is sorted anew, which moves its rows.
      const rows = each.sources.every(({ node }) => node?.closest?.("a.row"));
      if (!rows && !each.hadRecentInput) shifted += each.value;
    }
  }).observe({ type: "layout-shift", buffered: true });

  /** Resolves when the next frame has been painted. */
  const painted = () =>
    new Promise((done) => {
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => done(performance.now());
        port2.postMessage(0);
      });
    });

  const keys = [];
  addEventListener(
    "keydown",
    (event) => void painted().then((at) => keys.push(at - event.timeStamp)),
    { capture: true },
  );

  const scroll = { frames: [], nodes: 0, on: false };
  const step = (before) => (now) => {
    if (!scroll.on) return;
    if (before) scroll.frames.push(now - before);
    scroll.nodes = Math.max(scroll.nodes, document.querySelectorAll(".thread *").length);
    requestAnimationFrame(step(now));
  };

  return {
    first,
    keys,
    scroll,
    shifted: () => shifted,
    watch() {
      Object.assign(scroll, { frames: [], nodes: 0, on: true });
      requestAnimationFrame(step(0));
    },
    /** Milliseconds from the click on a row until its conversation has been painted. */
    async open(name) {
      const row = [...document.querySelectorAll("a.row")].find((each) =>
        each.textContent.includes(name),
      );
      const began = performance.now();
      row.click();
      const shows = () =>
        document.querySelector("main")?.ariaLabel?.endsWith(name) &&
        document.querySelector("main .message");
      while (!shows()) await new Promise((done) => setTimeout(done));
      return (await painted()) - began;
    },
  };
})();
