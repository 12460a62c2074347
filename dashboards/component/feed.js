// The venue's public feed: one socket, what it said, and a new socket when that one is gone.

const RETRY_FIRST_MS = 250;
const RETRY_LAST_MS = 3000;
const SILENCE_HEARTBEATS = 2.5; // missed heartbeats after which the connection is given up
const BOOK_DEPTH = 20;
const TRADES_KEPT = 100;
const HISTORY_SECONDS = 300;
const CHANNELS = ["book", "trades", "sessions", "stats"];
const BY_SYMBOL = ["book", "trades"];

class Feed {
  /** `onChange(part)` is told which part of the state a message changed. */
  constructor(url, onChange) {
    this.url = url;
    this.onChange = onChange;
    this.connection = "connecting"; // connecting | live | lost
    this.venue = "";
    this.instruments = [];
    this.symbol = "";
    this.history = []; // { time, orders, trades }, one for each `stats`
    this.mids = new Map(); // symbol to [{ time, mid }]
    this.retryMs = RETRY_FIRST_MS;
    this.stopped = false;
    this.forget();
    this.connect();
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    this.socket.close();
  }

  /** Follow another instrument. */
  select(symbol) {
    if (symbol === this.symbol) return;
    for (const channel of BY_SYMBOL) this.ask("unsubscribe", channel);
    this.symbol = symbol;
    for (const channel of BY_SYMBOL) this.subscribe(channel);
    for (const part of ["instruments", "book", "trades"]) this.onChange(part);
  }

  get instrument() {
    return this.instruments.find((instrument) => instrument.symbol === this.symbol);
  }

  forget() {
    for (const channel of CHANNELS) this[channel] = null;
    this.refusals = {}; // channel to the venue's words
  }

  connect() {
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this.heartbeatMs = 10000;
    socket.onmessage = (event) => {
      if (socket === this.socket) this.receive(JSON.parse(event.data));
    };
    socket.onclose = () => {
      if (socket === this.socket) this.lost();
    };
    this.watch();
  }

  lost() {
    clearTimeout(this.timer);
    if (this.stopped) return;
    // Its own close may take as long as the silence did; nothing it still says counts.
    this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    this.connection = "lost";
    this.onChange("connection");
    this.timer = setTimeout(() => this.connect(), this.retryMs);
    this.retryMs = Math.min(2 * this.retryMs, RETRY_LAST_MS);
  }

  watch() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.lost(), SILENCE_HEARTBEATS * this.heartbeatMs);
  }

  ask(type, channel) {
    if (this.connection !== "live") return;
    const request = { type, channel, id: channel };
    if (BY_SYMBOL.includes(channel)) request.symbol = this.symbol;
    if (type === "subscribe" && channel === "book") request.depth = BOOK_DEPTH;
    this.socket.send(JSON.stringify(request));
  }

  /** Ask for a snapshot; deltas are worth nothing until it is here. */
  subscribe(channel) {
    this[channel] = null;
    delete this.refusals[channel];
    this.ask("subscribe", channel);
  }

  receive(message) {
    this.watch();
    const handler = MESSAGES[message.type];
    if (!handler) return;
    if ("symbol" in message && message.symbol !== this.symbol) return;
    handler(this, message);
  }

  /** Whether a delta applies; if it does not, ask for everything again. */
  follows(channel, message) {
    const held = this[channel];
    if (held === null) return false;
    if (held.version === message.prev_version) {
      held.version = message.version;
      return true;
    }
    this.ask("unsubscribe", channel);
    this.subscribe(channel);
    return false;
  }
}

const MESSAGES = {
  welcome(feed, message) {
    feed.forget();
    feed.connection = "live";
    feed.retryMs = RETRY_FIRST_MS;
    feed.heartbeatMs = message.heartbeat_ns / 1e6;
    feed.venue = message.venue;
    feed.instruments = message.instruments;
    if (!feed.instrument) feed.symbol = feed.instruments[0]?.symbol ?? "";
    feed.watch();
    for (const channel of CHANNELS) {
      if (feed.symbol || !BY_SYMBOL.includes(channel)) feed.subscribe(channel);
    }
    for (const part of ["connection", "instruments", ...CHANNELS]) feed.onChange(part);
  },

  book(feed, { version, phase, bids, asks }) {
    feed.book = { version, phase, buy: new Map(), sell: new Map() };
    for (const [price, quantity, orders] of bids) setLevel(feed.book.buy, price, quantity, orders);
    for (const [price, quantity, orders] of asks) setLevel(feed.book.sell, price, quantity, orders);
    feed.onChange("book");
  },

  book_delta(feed, message) {
    if (!feed.follows("book", message)) return;
    feed.book.phase = message.phase;
    for (const [side, price, quantity, orders] of message.changes) {
      setLevel(feed.book[side], price, quantity, orders);
    }
    feed.onChange("book");
  },

  trades(feed, { version, trades }) {
    feed.trades = { version, list: trades };
    feed.onChange("trades");
  },

  trades_delta(feed, message) {
    if (!feed.follows("trades", message)) return;
    const { list } = feed.trades;
    for (const trade of message.trades) {
      const known = list.findLastIndex((held) => held.match_number === trade.match_number);
      if (known >= 0) list[known] = trade;
      else list.push(trade);
    }
    list.splice(0, list.length - TRADES_KEPT);
    feed.onChange("trades");
  },

  sessions(feed, { version, sessions }) {
    feed.sessions = { version, rows: new Map(sessions.map((row) => [row.session_id, row])) };
    feed.onChange("sessions");
  },

  sessions_delta(feed, message) {
    if (!feed.follows("sessions", message)) return;
    for (const row of message.changed) feed.sessions.rows.set(row.session_id, row);
    for (const id of message.removed) feed.sessions.rows.delete(id);
    feed.onChange("sessions");
  },

  stats(feed, message) {
    feed.stats = message;
    remember(feed, message);
    feed.onChange("stats");
  },

  error(feed, { ref, text }) {
    if (!CHANNELS.includes(ref)) return;
    feed.refusals[ref] = text;
    feed.onChange(ref);
  },
};

function setLevel(side, price, quantity, orders) {
  const key = Number(price);
  if (Number(quantity) === 0) side.delete(key);
  else side.set(key, { price: key, quantity: Number(quantity), orders });
}

/** The levels of a side, best first. */
function levels(book, side) {
  const sign = side === "buy" ? -1 : 1;
  return [...book[side].values()].sort((a, b) => sign * (a.price - b.price));
}

/** The middle of the best prices, where both sides have one. */
function midPrice(book) {
  if (!book || !book.buy.size || !book.sell.size) return null;
  return (Math.max(...book.buy.keys()) + Math.min(...book.sell.keys())) / 2;
}

function remember(feed, stats) {
  const time = stats.time_ns / 1e9;
  append(feed.history, {
    time,
    orders: stats.orders_per_second,
    trades: stats.trades_per_second,
  });
  const mid = midPrice(feed.book);
  if (mid === null) return;
  if (!feed.mids.has(feed.symbol)) feed.mids.set(feed.symbol, []);
  append(feed.mids.get(feed.symbol), { time, mid });
}

function append(samples, sample) {
  // Another venue's clock, or one that a person moved: what is held no longer has a place.
  if (samples.length && sample.time < samples[samples.length - 1].time) samples.length = 0;
  samples.push(sample);
  const old = samples.findIndex(({ time }) => time >= sample.time - HISTORY_SECONDS);
  samples.splice(0, old);
}
