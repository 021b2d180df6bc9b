/* How the dashboard draws: one uPlot for each chart, in the colours of the admin's theme. */
"use strict";

window.pyjobkitCharts = (function () {
    const language = document.documentElement.lang || undefined;
    const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
    const fine = new Intl.NumberFormat(language, { maximumSignificantDigits: 2 });

    /* What the axes of times are marked with, in seconds. */
    const STEPS = [0.0001, 0.001, 0.01, 0.1, 1, 10, 60, 600, 3600, 36000, 86400, 864000];

    function colour(name) {
        return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    }

    function clock(zone, options) {
        try {
            return new Intl.DateTimeFormat(language, { ...options, timeZone: zone });
        } catch {
            return new Intl.DateTimeFormat(language, options);
        }
    }

    function span(seconds, units) {
        if (seconds === null || seconds === undefined) return "–";
        const steps = [[86400, units.d], [3600, units.h], [60, units.min], [1, units.s]];
        const [size, unit] = steps.find(([size]) => seconds >= size) || [0.001, units.ms];
        return `${fine.format(seconds / size)} ${unit}`;
    }

    /* The sum of a series and all below it, so that the areas stand on each other. */
    function stacked(series) {
        const below = series[0].values.map(() => 0);
        return series.map(({ values }) => values.map((value, place) => (below[place] += value)));
    }

    class Charts {
        constructor(root, words) {
            this.root = root;
            this.words = words;
            this.plots = [];
            this.day = clock(words.zone, { day: "numeric", month: "short" });
            this.minute = clock(words.zone, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
            this.moment = clock(words.zone, {
                day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
            });
        }

        /* Show the numbers; plots whose series are the same only get new values. */
        show(charts) {
            this.charts = charts;
            const tables = this.tables(charts);
            const made = this.plots.length && this.bins === charts.bin_s;
            if (!made) return this.draw();
            this.plots.forEach((plot, place) => plot.setData(tables[place]));
        }

        /* Draw anew: another range, another theme. */
        draw() {
            this.plots.forEach((plot) => plot.destroy());
            this.bins = this.charts.bin_s;
            const tables = this.tables(this.charts);
            this.plots = ["throughput", "waited", "ran"].map((name, place) => {
                const home = this.root.querySelector(`[data-chart="${name}"]`);
                home.textContent = "";
                return new uPlot(this.options(name, home), tables[place], home);
            });
        }

        resize() {
            this.plots.forEach((plot) => plot.setSize(size(plot.root.parentNode)));
        }

        tables({ times, throughput, waited, ran }) {
            const lines = (series) => [times, ...series.map(({ values }) => values)];
            // What is drawn first is covered by what comes later: the tallest comes first.
            return [[times, ...stacked(throughput).reverse()], lines(waited), lines(ran)];
        }

        options(name, home) {
            const isStack = name === "throughput";
            return {
                ...size(home),
                padding: [8, 24, 0, 0],
                tzDate: (stamp) => {
                    try {
                        return uPlot.tzDate(new Date(stamp * 1000), this.words.zone);
                    } catch {
                        return new Date(stamp * 1000);
                    }
                },
                cursor: { y: false, drag: { x: false, y: false }, sync: { key: "pyjobkit" } },
                scales: {
                    y: isStack
                        ? { range: (plot, low, high) => [0, Math.max(1, high * 1.1)] }
                        : { distr: 3, log: 10, range: duration },
                },
                axes: [this.across(), isStack ? this.counts() : this.durations()],
                series: [
                    { label: this.words.time, value: (plot, stamp) => this.told(stamp) },
                    ...(isStack ? this.areas() : this.lines(this.charts[name])),
                ],
            };
        }

        told(stamp) {
            return stamp === null ? "" : this.moment.format(stamp * 1000);
        }

        axis(more) {
            return {
                stroke: colour("--body-quiet-color"),
                grid: { stroke: colour("--pyjobkit-grid"), width: 1 },
                ticks: { show: false },
                font: "11px system-ui, sans-serif",
                ...more,
            };
        }

        across() {
            const isLong = this.bins >= 3600;
            return this.axis({
                space: 70,
                size: 28,
                grid: { show: false },
                values: (plot, stamps) =>
                    stamps.map((stamp) => (isLong ? this.day : this.minute).format(stamp * 1000)),
                incrs: isLong ? [86400, 172800] : [300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200],
            });
        }

        counts() {
            return this.axis({ size: 48, values: (plot, values) => values.map((each) => numbers.format(each)) });
        }

        durations() {
            return this.axis({
                size: 58,
                filter: (plot, splits) => splits,
                splits: (plot, axis, low, high) => STEPS.filter((step) => low <= step && step <= high),
                values: (plot, values) =>
                    values.map((each) => (each === null ? "" : span(each, this.words.units))),
            });
        }

        areas() {
            const bars = uPlot.paths.bars({ size: [0.86, 48], align: 1 });
            return this.charts.throughput.map((series, place) => ({
                label: series.label,
                stroke: colour(`--pyjobkit-${series.name}`),
                fill: colour(`--pyjobkit-${series.name}`),
                width: 0,
                paths: bars,
                points: { show: false },
                value: (plot, value, index, at) => {
                    const shown = this.charts.throughput[place].values[at];
                    if (at === null) return "";
                    return shown === undefined ? "–" : numbers.format(shown);
                },
            })).reverse();
        }

        lines(chart) {
            return chart.map((series) => ({
                label: series.label,
                stroke: colour(`--pyjobkit-${series.name}`),
                width: 2,
                points: { size: 5 },
                value: (plot, value, index, at) => (at === null ? "" : span(value, this.words.units)),
            }));
        }
    }

    function size(home) {
        return { width: Math.max(200, home.clientWidth), height: parseInt(getComputedStyle(home).minHeight, 10) };
    }

    /* The steps around the values, and something to look at where there are none. */
    function duration(plot, low, high) {
        if (low === null || high === null || !(low > 0)) return [0.01, 10];
        const begin = STEPS.findLast((step) => step <= low) || STEPS[0];
        const end = STEPS.find((step) => step > Math.max(high, begin)) || high * 2;
        return [begin, end];
    }

    return Charts;
})();
