() => {
  const paper = document.createElement("canvas")
    .getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    paper.clearRect(0, 0, 1, 1);
    paper.fillStyle = colour;
    paper.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = paper.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) =>
    under.map((value, i) => top[i] * top[3] + value * (1 - top[3]));
  const ground = (e) => {
    const layers = [];
    for (let at = e; at; at = at.parentElement) {
      layers.unshift(rgba(getComputedStyle(at).backgroundColor));
    }
    return layers.reduce((under, top) => over(top, under), [255, 255, 255]);
  };
  const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) =>
    0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  const dim = [];
  for (const e of document.querySelectorAll("body *")) {
    const says = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!says || !e.checkVisibility({ opacityProperty: true })) continue;
    if (e.closest("script, .visually-hidden, .skip, :disabled")) continue;
    const under = ground(e);
    const text = over(rgba(getComputedStyle(e).color), under);
    const [bright, dark] = [luminance(text), luminance(under)].sort((x, y) => y - x);
    const ratio = (bright + 0.05) / (dark + 0.05);
    const words = e.textContent.trim().slice(0, 30);
    if (ratio < 4.5) dim.push(`${ratio.toFixed(2)} ${e.className}: ${words}`);
  }
  return dim;
}
