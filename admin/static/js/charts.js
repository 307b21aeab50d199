// Draws what a figure carries as data; without scripts the tables beside say the same.
const COLOURS = ["#1f5fa8", "#c0562b", "#3c8a5a", "#8a6bb1", "#b58a1b", "#5a7d8c", "#a33f5f", "#6b7a2a"];

function option(data) {
  const text = { fontFamily: "inherit" };
  if (data.kind === "pie") {
    const slices = data.labels.map((name, at) => ({ name, value: data.numbers[at] }));
    return { color: COLOURS, textStyle: text, tooltip: {}, series: [{ type: "pie", radius: ["35%", "65%"], data: slices }] };
  }
  const names = { type: "category", data: data.labels, axisTick: { show: false } };
  const counts = { type: "value", minInterval: 1 };
  if (data.kind === "line") {
    return { color: COLOURS, textStyle: text, tooltip: { trigger: "axis" }, grid: { left: 50, right: 20, top: 20, bottom: 30 }, xAxis: names, yAxis: counts, series: [{ type: "line", data: data.numbers, showSymbol: data.labels.length < 40 }] };
  }
  return { color: COLOURS, textStyle: text, tooltip: { trigger: "axis" }, grid: { left: 10, right: 30, top: 10, bottom: 10, containLabel: true }, xAxis: counts, yAxis: { ...names, inverse: true }, series: [{ type: "bar", data: data.numbers, barMaxWidth: 18 }] };
}

for (const figure of document.querySelectorAll("[data-chart]")) {
  const data = JSON.parse(figure.dataset.chart);
  if (!window.echarts || !data.numbers.some((number) => number > 0)) continue;
  figure.classList.add("drawn");
  const drawn = window.echarts.init(figure.querySelector(".chart-area"));
  drawn.setOption(option(data));
  window.addEventListener("resize", () => drawn.resize());
}
