// The page around the charts: its parts are made once, afterwards only text and classes change.

const FRAME_MS = 100;
const LADDER_ROWS = 20;
const TAPE_ROWS = 60;
const NOTHING = "–";
const LIVE_STATES = /^(active|live|serving|joined|connected|logged[ _](on|in))$/i;

const groupedNumber = new Intl.NumberFormat("en-US", { maximumFractionDigits: 8 });
const compactNumber = new Intl.NumberFormat("en-US", {
  notation: "compact",
  maximumFractionDigits: 2,
});

const formatNumber = (value) => groupedNumber.format(value);
const shortNumber = (value) => (value < 10000 ? formatNumber(value) : compactNumber.format(value));
const formatPrice = (value, decimals) => value.toFixed(decimals);

/** Digits after the point that a price of this instrument is shown with. */
function priceDecimals(instrument) {
  return instrument ? (instrument.tick_size.split(".")[1] ?? "").length : 2;
}

function formatMicroseconds(value) {
  if (value < 1000) return `${value} µs`;
  if (value < 1e6) return `${(value / 1000).toFixed(value < 1e4 ? 2 : 1)} ms`;
  return `${(value / 1e6).toFixed(2)} s`;
}

function formatSpan(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} m`;
}

const formatTime = (ns) => new Date(ns / 1e6).toISOString().slice(11, 23);

/** Touch the document only where it would look different. */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function setStyle(element, name, value) {
  if (element.style.getPropertyValue(name) !== value) element.style.setProperty(name, value);
}

/** A row of cells as an element, `cells` kept beside it. */
function makeRow(rowTag, cellTag, names) {
  const element = document.createElement(rowTag);
  const cells = names.map((name) => {
    const cell = document.createElement(cellTag);
    cell.className = name;
    if (cellTag === "span") cell.setAttribute("role", "cell");
    return cell;
  });
  if (rowTag === "div") element.setAttribute("role", "row");
  element.append(...cells);
  return { element, cells };
}

class Page {
  constructor(root, urls) {
    this.root = root.querySelector(".dashboard");
    this.urls = urls;
    this.find = (selector) => this.root.querySelector(selector);
    this.depth = new DepthChart(this.find(".depth canvas"));
    this.rates = new HistoryChart(this.find("canvas.rates"), { fromZero: true });
    this.prices = new HistoryChart(this.find("canvas.prices"), { fromZero: false });
    this.asks = this.makeRows(".asks", LADDER_ROWS, ["price", "quantity", "orders"]);
    this.bids = this.makeRows(".bids", LADDER_ROWS, ["price", "quantity", "orders"]);
    this.tape = this.makeRows(".prints", TAPE_ROWS, ["time", "price", "quantity"]);
    this.sessionRows = new Map();
    this.changed = new Set(["connection", "instruments", ...CHANNELS]);
    this.drawnAt = 0;
    this.frame = null;
    this.listen();
    this.feed = new Feed(urls.ws, (part) => this.mark(part));
    this.mark("connection");
  }

  stop() {
    this.feed.stop();
    this.observer.disconnect();
    clearTimeout(this.frame?.timer);
    cancelAnimationFrame(this.frame?.request);
  }

  makeRows(selector, count, names) {
    const rows = Array.from({ length: count }, () => makeRow("div", "span", names));
    this.find(selector).append(...rows.map(({ element }) => element));
    return rows;
  }

  listen() {
    const canvas = this.find(".depth canvas");
    const point = (x) => {
      this.depth.pointer = x;
      this.mark("book");
    };
    canvas.addEventListener("pointermove", (event) => point(event.offsetX));
    canvas.addEventListener("pointerleave", () => point(null));
    for (const button of this.root.querySelectorAll(".depth button")) {
      button.addEventListener("click", () => {
        this.depth.cumulative = button.value === "cumulative";
        this.depth.reset();
        this.mark("book");
      });
    }
    this.observer = new ResizeObserver(() => {
      this.mark("book");
      this.mark("stats");
    });
    this.observer.observe(this.root);
    const link = this.find("a.http");
    link.hidden = !this.urls.http;
    if (this.urls.http) link.href = this.urls.http;
  }

  /** Draw `part` with the next frame, at most one each FRAME_MS. */
  mark(part) {
    this.changed.add(part);
    if (this.frame !== null) return;
    const frame = (this.frame = {});
    const wait = Math.max(0, this.drawnAt + FRAME_MS - performance.now());
    frame.timer = setTimeout(() => {
      frame.request = requestAnimationFrame(() => this.draw());
    }, wait);
  }

  draw() {
    const changed = this.changed;
    this.changed = new Set();
    this.frame = null;
    this.drawnAt = performance.now();
    this.colors = this.readColors();
    if (changed.has("connection")) this.drawConnection();
    if (changed.has("instruments")) this.drawTabs();
    if (changed.has("book")) this.drawBook();
    if (changed.has("trades")) this.drawTape();
    if (changed.has("stats")) this.drawStats();
    if (changed.has("sessions") || changed.has("stats")) this.drawSessions();
    this.root.dataset.frames = Number(this.root.dataset.frames ?? 0) + 1;
  }

  /** The canvas has no style sheet: elements that have one tell it theirs. */
  readColors() {
    const color = (name) => getComputedStyle(this.find(`.swatches .${name}`)).color;
    const names = ["bid", "ask", "line", "muted", "text", "accent"];
    const colors = Object.fromEntries(names.map((name) => [name, color(name)]));
    return { ...colors, font: getComputedStyle(this.root).fontFamily };
  }

  drawConnection() {
    const { connection } = this.feed;
    this.root.dataset.connection = connection;
    const words = { connecting: "connecting", live: "live", lost: "reconnecting" };
    setText(this.find(".connection .word"), words[connection]);
    this.find(".connection").title = this.urls.ws;
    setText(this.find(".venue"), this.feed.venue || "venue");
  }

  drawTabs() {
    const { instruments, symbol } = this.feed;
    const tabs = this.find(".tabs");
    const shown = [...tabs.children].map((tab) => tab.value);
    if (shown.join() !== instruments.map((instrument) => instrument.symbol).join()) {
      tabs.replaceChildren(...instruments.map((instrument) => this.makeTab(instrument.symbol)));
    }
    for (const tab of tabs.children) tab.setAttribute("aria-selected", tab.value === symbol);
  }

  makeTab(symbol) {
    const tab = document.createElement("button");
    tab.type = "button";
    tab.value = symbol;
    tab.textContent = symbol;
    tab.setAttribute("role", "tab");
    tab.addEventListener("click", () => {
      this.depth.reset();
      this.prices.range = null;
      this.feed.select(symbol);
    });
    return tab;
  }

  drawBook() {
    const { book, instrument } = this.feed;
    for (const button of this.root.querySelectorAll(".depth button")) {
      const on = (button.value === "cumulative") === this.depth.cumulative;
      button.setAttribute("aria-pressed", on);
    }
    const bids = book ? levels(book, "buy") : [];
    const asks = book ? levels(book, "sell") : [];
    const most = Math.max(1, ...[...bids, ...asks].map(({ quantity }) => quantity));
    const decimals = priceDecimals(instrument);
    this.fillLadder(this.bids, bids, { most, decimals });
    this.fillLadder(this.asks, asks, { most, decimals });
    const both = bids.length && asks.length;
    const mid = both ? (bids[0].price + asks[0].price) / 2 : 0;
    const spread = both ? asks[0].price - bids[0].price : 0;
    const empty = !bids.length && !asks.length;
    setText(this.find(".mid"), both ? formatPrice(mid, decimals + 1) : empty ? "" : NOTHING);
    setText(this.find(".spread"), both ? `spread ${formatPrice(spread, decimals)}` : "");
    const phase = book?.phase ?? "";
    setText(this.find(".phase"), phase);
    this.find(".phase").dataset.phase = phase;
    for (const panel of [".depth", ".ladder"]) this.say(panel, "book", empty, "no orders yet");
    if (this.depth.draw(book, instrument, this.colors)) this.mark("book");
  }

  fillLadder(rows, side, { most, decimals }) {
    rows.forEach(({ element, cells }, index) => {
      const level = side[index];
      setText(cells[0], level ? formatPrice(level.price, decimals) : "");
      setText(cells[1], level ? formatNumber(level.quantity) : "");
      setText(cells[2], level ? formatNumber(level.orders) : "");
      const share = level ? (100 * level.quantity) / most : 0;
      setStyle(element, "--share", `${share.toFixed(1)}%`);
      element.ariaHidden = level ? null : "true";
    });
  }

  drawTape() {
    const { trades, instrument } = this.feed;
    const list = trades ? trades.list : [];
    const decimals = priceDecimals(instrument);
    this.tape.forEach(({ element, cells }, index) => {
      const trade = list[list.length - 1 - index];
      setText(cells[0], trade ? formatTime(trade.time_ns) : "");
      setText(cells[1], trade ? formatPrice(Number(trade.price), decimals) : "");
      setText(cells[2], trade ? formatNumber(Number(trade.quantity)) : "");
      element.className = trade ? `${trade.aggressor}${trade.busted ? " busted" : ""}` : "";
      element.title = trade?.busted ? "busted" : "";
      element.ariaHidden = trade ? null : "true";
    });
    this.say(".tape", "trades", !list.length, "no trades yet");
  }

  drawStats() {
    const { stats, history, mids, symbol, instrument } = this.feed;
    for (const figure of this.root.querySelectorAll(".figure")) {
      setText(figure.querySelector("dd"), stats ? this.figure(figure.dataset.name) : NOTHING);
    }
    setText(this.find(".uptime"), stats ? `up ${formatSpan(stats.uptime_ns / 1e9)}` : "");
    const now = history.length ? history[history.length - 1].time : 0;
    const { colors } = this;
    const rates = history.map(({ time, orders }) => ({ time, value: orders }));
    this.rates.draw(rates, { color: colors.accent, colors, format: shortNumber, now });
    const prices = (mids.get(symbol) ?? []).map(({ time, mid }) => ({ time, value: mid }));
    const format = (value) => formatPrice(value, priceDecimals(instrument));
    this.prices.draw(prices, { color: colors.text, colors, format, now });
    this.say(".history", "stats", !history.length, "no figures yet");
  }

  figure(name) {
    const { stats } = this.feed;
    const latency = stats.order_to_ack_us;
    if (!(name in latency)) return formatNumber(stats[name]);
    return latency.count ? formatMicroseconds(latency[name]) : NOTHING;
  }

  drawSessions() {
    const { sessions, stats } = this.feed;
    const body = this.find(".sessions tbody");
    const rows = sessions ? sessions.rows : new Map();
    for (const [id, row] of this.sessionRows) {
      if (!rows.has(id)) {
        row.element.remove();
        this.sessionRows.delete(id);
      }
    }
    for (const [id, session] of rows) {
      let row = this.sessionRows.get(id);
      if (!row) {
        row = makeRow("tr", "td", SESSION_CELLS);
        this.sessionRows.set(id, row);
        body.append(row.element);
      }
      fillSession(row, session, stats);
    }
    setText(this.find(".sessions .count"), sessions ? formatNumber(rows.size) : "");
    this.say(".sessions", "sessions", !rows.size, "no sessions yet");
  }

  /** The words over an empty panel, or the venue's reason why it has nothing to show. */
  say(panel, channel, empty, words) {
    const note = this.find(`${panel} .note`);
    const waiting = this.feed[channel] === null;
    setText(note, !empty ? "" : (this.feed.refusals[channel] ?? (waiting ? "waiting" : words)));
  }
}

const SESSION_CELLS = [
  ...["wire", "identity", "account", "state"],
  ...["number", "number", "number", "number"],
];

function fillSession({ element, cells }, session, stats) {
  const heartbeat = session.last_heartbeat_ns;
  const age = stats && heartbeat ? (stats.time_ns - heartbeat) / 1e9 : null;
  const texts = [
    session.wire,
    session.identity,
    session.account,
    session.state.replaceAll("_", " "),
    session.next_in ? formatNumber(session.next_in) : NOTHING,
    session.next_out ? formatNumber(session.next_out) : NOTHING,
    age === null ? NOTHING : `${formatSpan(age)} ago`,
    formatNumber(session.queued_bytes),
  ];
  texts.forEach((text, index) => setText(cells[index], text));
  element.dataset.live = LIVE_STATES.test(session.state);
  element.dataset.queued = session.queued_bytes > 0;
  cells[6].title = heartbeat ? `${formatTime(heartbeat)} UTC` : "";
}

const pages = new WeakMap();

/** Streamlit calls this with every run of its script; the page and its socket outlive them. */
export default function ({ parentElement, data }) {
  const held = pages.get(parentElement);
  if (held) return held.end;
  const page = new Page(parentElement, data);
  const end = () => {
    pages.delete(parentElement);
    page.stop();
  };
  pages.set(parentElement, { end });
  return end;
}
