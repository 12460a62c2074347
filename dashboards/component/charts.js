// What is drawn: the depth of one book, and the last minutes as lines.

const PAD = { top: 12, right: 14, bottom: 24, left: 52 };
const SPANS = [60, 120, HISTORY_SECONDS]; // seconds across the history, as little as holds it
const EASING = 0.35; // share of the way to its target that the window of prices moves a frame

/** A canvas whose pixels are those of the screen; `draw(context, width, height)` in CSS pixels. */
class Canvas {
  constructor(element) {
    this.element = element;
    this.context = element.getContext("2d");
  }

  draw(paint) {
    const { clientWidth: width, clientHeight: height } = this.element;
    const scale = window.devicePixelRatio || 1;
    const wanted = [Math.round(width * scale), Math.round(height * scale)];
    if (this.element.width !== wanted[0] || this.element.height !== wanted[1]) {
      [this.element.width, this.element.height] = wanted;
    }
    this.context.setTransform(scale, 0, 0, scale, 0, 0);
    this.context.clearRect(0, 0, width, height);
    paint(this.context, width, height);
  }
}

class DepthChart {
  constructor(element) {
    this.canvas = new Canvas(element);
    this.cumulative = true;
    this.reset();
    this.pointer = null; // CSS pixels from the left
  }

  /** Forget the window of another book. */
  reset() {
    this.window = null; // { center, half } in price, what is shown
    this.target = null; // where it is going
    this.top = 0; // quantity at the top edge
    this.step = 1; // quantity from one grid line to the next
  }

  /** Returns whether it is still moving and wants another frame. */
  draw(book, instrument, colors) {
    const tick = instrument ? Number(instrument.tick_size) : 0.01;
    const sides = book
      ? { buy: this.points(levels(book, "buy")), sell: this.points(levels(book, "sell")) }
      : { buy: [], sell: [] };
    const moving = this.follow(sides, tick);
    this.canvas.draw((context, width, height) => {
      context.font = `11px ${colors.font}`;
      if (this.window === null) return;
      const frame = new Frame(width, height, this.window, this.top);
      this.paintGrid(context, frame, colors, priceDecimals(instrument));
      this.paintSide(context, frame, sides.buy, { color: colors.bid, sign: -1, tick });
      this.paintSide(context, frame, sides.sell, { color: colors.ask, sign: 1, tick });
      this.paintMid(context, frame, sides, colors);
      this.paintPointer(context, frame, sides, { colors, decimals: priceDecimals(instrument) });
    });
    return moving;
  }

  points(side) {
    let sum = 0;
    return side.map(({ price, quantity }) => {
      sum += quantity;
      return { price, quantity: this.cumulative ? sum : quantity };
    });
  }

  follow({ buy, sell }, tick) {
    if (!buy.length && !sell.length) {
      this.reset();
      return false;
    }
    const best = [buy[0], sell[0]].filter(Boolean).map(({ price }) => price);
    const center = (Math.min(...best) + Math.max(...best)) / 2;
    const reach = [...buy, ...sell].map(({ price }) => Math.abs(price - center));
    // An order far from the market must not squeeze the rest into a line.
    reach.sort((a, b) => a - b);
    const usual = 3 * reach[reach.length >> 1];
    const half = 1.1 * Math.max(8 * tick, Math.min(usual, reach[reach.length - 1]) + tick);
    const { target } = this;
    const off = target && Math.abs(center - target.center) > 0.08 * target.half;
    if (!target || off || half > 1.05 * target.half || half < 0.7 * target.half) {
      this.target = { center, half };
    }
    this.rescale([...buy, ...sell]);
    if (this.window === null) this.window = { ...this.target };
    let moving = false;
    for (const name of ["center", "half"]) {
      const way = this.target[name] - this.window[name];
      const near = Math.abs(way) < 0.002 * this.target.half;
      this.window[name] += near ? way : EASING * way;
      moving ||= !near;
    }
    return moving;
  }

  rescale(points) {
    const most = points.reduce((high, { quantity }) => Math.max(high, quantity), 1);
    if (1.02 * most <= this.top && most > 0.55 * this.top) return;
    this.step = niceCeiling(most / 4);
    this.top = this.step * Math.ceil((1.1 * most) / this.step);
  }

  paintGrid(context, frame, colors, decimals) {
    context.lineWidth = 1;
    context.fillStyle = colors.muted;
    context.strokeStyle = colors.line;
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (let quantity = 0; quantity <= this.top; quantity += this.step) {
      const y = Math.round(frame.y(quantity)) + 0.5;
      line(context, [frame.left, y, frame.right, y]);
      context.fillText(shortNumber(quantity), frame.left - 8, y);
    }
    context.textAlign = "center";
    context.textBaseline = "top";
    const step = niceStep((2 * this.window.half) / Math.max(2, frame.width / 110));
    const first = Math.ceil((this.window.center - this.window.half) / step);
    const last = Math.floor((this.window.center + this.window.half) / step);
    for (let index = first; index <= last; index++) {
      const x = Math.round(frame.x(index * step)) + 0.5;
      line(context, [x, frame.bottom, x, frame.bottom + 4]);
      if (x > frame.left + 16 && x < frame.right - 16) {
        context.fillText(formatPrice(index * step, decimals), x, frame.bottom + 8);
      }
    }
  }

  paintSide(context, frame, points, { color, sign, tick }) {
    if (!points.length) return;
    const outline = new Path2D();
    const x = (price) => frame.x(price);
    // What is known ends with the last level; what lies beyond was not asked for.
    const edge = x(points[points.length - 1].price + sign * tick);
    outline.moveTo(x(points[0].price), frame.bottom);
    for (let index = 0; index < points.length; index++) {
      const { price, quantity } = points[index];
      outline.lineTo(x(price), frame.y(quantity));
      if (this.cumulative) {
        const next = points[index + 1];
        outline.lineTo(next ? x(next.price) : edge, frame.y(quantity));
      } else {
        // One tick wide, away from the middle; between levels there is nothing.
        outline.lineTo(x(price + sign * tick), frame.y(quantity));
        outline.lineTo(x(price + sign * tick), frame.bottom);
        const next = points[index + 1];
        if (next) outline.lineTo(x(next.price), frame.bottom);
      }
    }
    const area = new Path2D(outline);
    if (this.cumulative) area.lineTo(edge, frame.bottom);
    area.closePath();
    context.save();
    context.beginPath();
    context.rect(frame.left, 0, frame.width, frame.bottom);
    context.clip();
    context.fillStyle = color;
    context.globalAlpha = this.cumulative ? 0.22 : 0.55;
    context.fill(area);
    context.globalAlpha = 1;
    context.strokeStyle = color;
    context.lineWidth = 1.5;
    context.lineJoin = "miter";
    context.stroke(outline);
    context.restore();
  }

  paintMid(context, frame, { buy, sell }, colors) {
    if (!buy.length || !sell.length) return;
    const x = Math.round(frame.x((buy[0].price + sell[0].price) / 2)) + 0.5;
    context.strokeStyle = colors.muted;
    context.lineWidth = 1;
    context.setLineDash([2, 4]);
    line(context, [x, frame.top, x, frame.bottom]);
    context.setLineDash([]);
  }

  paintPointer(context, frame, { buy, sell }, { colors, decimals }) {
    const x = this.pointer;
    if (x === null || x < frame.left || x > frame.right) return;
    const price = frame.price(x);
    const inside = [
      ...buy.filter((point) => point.price >= price).slice(-1),
      ...sell.filter((point) => point.price <= price).slice(-1),
    ][0];
    if (!inside) return;
    context.strokeStyle = colors.text;
    context.globalAlpha = 0.5;
    line(context, [Math.round(x) + 0.5, frame.top, Math.round(x) + 0.5, frame.bottom]);
    context.globalAlpha = 1;
    context.fillStyle = colors.text;
    context.textBaseline = "top";
    context.textAlign = x > frame.left + frame.width / 2 ? "right" : "left";
    const text = `${formatPrice(inside.price, decimals)} × ${formatNumber(inside.quantity)}`;
    context.fillText(text, x + (context.textAlign === "right" ? -8 : 8), frame.top);
  }
}

/** Where a price and a quantity are on a canvas. */
class Frame {
  constructor(width, height, { center, half }, top) {
    this.left = PAD.left;
    this.right = width - PAD.right;
    this.top = PAD.top;
    this.bottom = height - PAD.bottom;
    this.width = this.right - this.left;
    this.lowest = center - half;
    this.perPrice = this.width / (2 * half);
    this.perQuantity = (this.bottom - this.top) / (top || 1);
  }

  x(price) {
    return this.left + (price - this.lowest) * this.perPrice;
  }

  y(quantity) {
    return this.bottom - quantity * this.perQuantity;
  }

  price(x) {
    return this.lowest + (x - this.left) / this.perPrice;
  }
}

/** One line over the last minutes, its last value in words beside it. */
class HistoryChart {
  constructor(element, { fromZero }) {
    this.canvas = new Canvas(element);
    this.fromZero = fromZero;
    this.range = null; // [low, high], kept while the values fit
  }

  draw(samples, { color, colors, format, now }) {
    this.canvas.draw((context, width, height) => {
      context.font = `11px ${colors.font}`;
      const left = 4;
      const [right, top, bottom] = [width - 60, 8, height - 8];
      context.strokeStyle = colors.line;
      context.lineWidth = 1;
      for (const y of [top, bottom]) {
        line(context, [left, Math.round(y) + 0.5, right, Math.round(y) + 0.5]);
      }
      if (!samples.length) return;
      const span = SPANS.find((seconds) => now - samples[0].time <= seconds) ?? HISTORY_SECONDS;
      const [low, high] = this.fit(samples.map(({ value }) => value));
      context.fillStyle = colors.muted;
      context.textBaseline = "middle";
      context.fillText(format(high), right + 8, top + 1);
      context.fillText(format(low), right + 8, bottom - 1);
      const path = new Path2D();
      samples.forEach(({ time, value }, index) => {
        const x = right - ((now - time) / span) * (right - left);
        const y = bottom - ((value - low) / (high - low)) * (bottom - top);
        const gap = index === 0 || time - samples[index - 1].time > 5;
        path[gap ? "moveTo" : "lineTo"](x, y);
        if (samples.length === 1) path.lineTo(x + 1, y);
      });
      context.strokeStyle = color;
      context.lineWidth = 1.5;
      context.lineJoin = "round";
      context.stroke(path);
    });
  }

  fit(values) {
    const low = this.fromZero ? 0 : Math.min(...values);
    const high = Math.max(...values);
    const spread = high - low || Math.abs(high) * 0.001 || 1;
    const held = this.range;
    const fits = held && low >= held[0] && high <= held[1] && spread > 0.4 * (held[1] - held[0]);
    if (!fits) {
      const step = niceStep(spread / 2);
      this.range = this.fromZero
        ? [0, niceCeiling(Math.max(high, 1))]
        : [Math.floor(low / step) * step, Math.ceil((high + spread * 0.01) / step) * step];
    }
    return this.range;
  }
}

function line(context, [x1, y1, x2, y2]) {
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}

/** The next of 1, 2, 2.5, 5, 10 times a power of ten; quantities and prices alike. */
function niceCeiling(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 2.5, 5, 10].find((step) => step * power >= value * (1 - 1e-9));
}

function niceStep(value) {
  return niceCeiling(Math.max(value, 1e-9));
}
