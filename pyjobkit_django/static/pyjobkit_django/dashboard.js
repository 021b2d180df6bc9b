/* Keeps the dashboard up to date: asks for its numbers while somebody looks. */
"use strict";

(function () {
    const EVERY_MS = 5000;
    const LONGEST_MS = 60000;

    const root = document.querySelector(".pyjobkit-dash");
    const words = JSON.parse(document.getElementById("pyjobkit-words").textContent);
    const plots = root.querySelector(".pyjobkit-charts");
    const state = root.querySelector(".pyjobkit-state");
    const charts = new window.pyjobkitCharts(root, words);
    const numbers = root.querySelector(".pyjobkit-numbers");
    const shown = {};
    let range = root.dataset.range;
    let pause = EVERY_MS;
    let timer = null;
    let asking = null;

    show(JSON.parse(document.getElementById("pyjobkit-data").textContent));
    root.dataset.ready = "true";
    wait();

    document.addEventListener("visibilitychange", () => (document.hidden ? rest() : ask()));
    window.addEventListener("resize", () => charts.resize());
    new MutationObserver(() => charts.draw()).observe(document.documentElement, {
        attributes: true, attributeFilter: ["data-theme"],
    });
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => charts.draw());
    root.querySelector(".pyjobkit-ranges").addEventListener("click", choose);
    numbers.addEventListener("toggle", () => numbers.open && ask());
    window.addEventListener("popstate", () => {
        choice(new URLSearchParams(location.search).get("range") || "1h");
    });

    function choose(event) {
        const link = event.target.closest("a");
        if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        history.pushState(null, "", link.href);
        choice(link.dataset.range);
    }

    function choice(wanted) {
        range = wanted;
        for (const link of root.querySelectorAll(".pyjobkit-ranges a")) {
            if (link.dataset.range === range) link.setAttribute("aria-current", "true");
            else link.removeAttribute("aria-current");
        }
        plots.setAttribute("aria-busy", "true");
        say(words.loading);
        ask();
    }

    function rest() {
        clearTimeout(timer);
        timer = null;
    }

    function wait() {
        rest();
        if (!document.hidden) timer = setTimeout(ask, pause);
    }

    async function ask() {
        rest();
        asking?.abort();
        const mine = (asking = new AbortController());
        try {
            const answer = await fetch(address(), {
                signal: mine.signal,
                headers: { Accept: "application/json" },
                redirect: "manual",
            });
            if (answer.type === "opaqueredirect" || answer.status === 403) return stop();
            if (!answer.ok) throw new Error(String(answer.status));
            const data = await answer.json();
            if (mine !== asking) return;
            show(data);
            say(root.dataset.trouble ? words.back : "");
            delete root.dataset.trouble;
            pause = EVERY_MS;
        } catch (error) {
            if (error.name === "AbortError") return;
            pause = Math.min(pause * 2, LONGEST_MS);
            root.dataset.trouble = "true";
            say(words.trouble, true);
        }
        plots.removeAttribute("aria-busy");
        wait();
    }

    /* The table is long, and is asked for only where it is looked at. */
    function address() {
        const table = numbers.open ? "&table=1" : "";
        return `${root.dataset.url}?range=${encodeURIComponent(range)}${table}`;
    }

    function stop() {
        plots.removeAttribute("aria-busy");
        say(words.signedOut, true);
    }

    function say(text, isTrouble = false) {
        state.classList.toggle("pyjobkit-state-trouble", isTrouble);
        // What has been said already is not to be read out again.
        if (state.textContent !== text) state.textContent = text;
    }

    function show(data) {
        charts.show(data.charts);
        root.querySelector(".pyjobkit-no-runs").hidden = !data.charts.is_empty;
        for (const [name, html] of Object.entries(data.parts)) put(name, html);
        root.dataset.runs = String(total(data.charts));
    }

    function total({ throughput }) {
        return throughput.reduce((sum, { values }) => sum + values.reduce((all, each) => all + each, 0), 0);
    }

    /* Put a part in, which the server has escaped, unless it is the same or in use. */
    function put(name, html) {
        const home = root.querySelector(`[data-part="${name}"]`);
        const isInUse = home.contains(document.activeElement) || selects(home);
        if (shown[name] === undefined) shown[name] = html;
        else if (shown[name] !== html && !isInUse) {
            const scrolled = home.querySelector(".pyjobkit-scroll")?.scrollTop || 0;
            home.innerHTML = shown[name] = html;
            const scroller = home.querySelector(".pyjobkit-scroll");
            if (scroller) scroller.scrollTop = scrolled;
        }
    }

    function selects(home) {
        const selection = window.getSelection();
        return !selection.isCollapsed && home.contains(selection.anchorNode);
    }
})();
