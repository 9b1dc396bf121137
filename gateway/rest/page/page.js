/**
 * The status page: state and heartbeat from the socket, totals once a second, the last trades of
 * whatever trades. It shows what it is told and keeps nothing.
 */
const TRADES_SHOWN = 12;
const SYMBOLS_MAX = 1_000;
const POLL_MS = 1_000;

const byId = (id) => document.getElementById(id);
const number = new Intl.NumberFormat("en");
let shardStates = new Map();
let before = null;
let latest = [];

function say(state) {
  byId("state").dataset.state = state;
  byId("state").textContent = state.replaceAll("_", " ");
}

function row(cells) {
  const line = document.createElement("tr");
  for (const { text, isNumber = false } of cells) {
    const cell = document.createElement("td");
    cell.textContent = text;
    if (isNumber) cell.className = "number";
    line.append(cell);
  }
  return line;
}

function showStats(stats) {
  byId("trades").textContent = number.format(stats.trades_total);
  byId("orders").textContent = number.format(stats.orders_total);
  byId("open").textContent = number.format(stats.orders_open);
  const now = { at: performance.now(), sequence: 0 };
  for (const shard of stats.shards) now.sequence += shard.sequence;
  if (before !== null) {
    const perSecond = ((now.sequence - before.sequence) * 1000) / (now.at - before.at);
    byId("rate").textContent = number.format(Math.round(perSecond));
  }
  before = now;
  byId("shards").replaceChildren(
    ...stats.shards.map((shard) =>
      row([
        { text: String(shard.shard) },
        { text: (shardStates.get(shard.shard) ?? "–").replaceAll("_", " ") },
        { text: number.format(shard.sequence), isNumber: true },
        { text: number.format(shard.trades_total), isNumber: true },
        { text: number.format(shard.orders_open), isNumber: true },
      ]),
    ),
  );
}

/** Kept at once, drawn once per frame: a busy market must not make this page a slow reader. */
function keepTrades({ symbol, data }) {
  if (latest.length === 0) requestAnimationFrame(showTrades);
  for (const trade of data) latest.push({ symbol, ...trade });
  if (latest.length > TRADES_SHOWN) latest = latest.slice(-TRADES_SHOWN);
}

function showTrades() {
  byId("quiet").hidden = true;
  for (const { symbol, ts, price, qty } of latest) {
    byId("latest").prepend(
      row([
        { text: new Date(ts).toLocaleTimeString() },
        { text: symbol },
        { text: price, isNumber: true },
        { text: number.format(qty), isNumber: true },
      ]),
    );
  }
  latest = [];
  while (byId("latest").children.length > TRADES_SHOWN) byId("latest").lastElementChild.remove();
}

async function listen() {
  const listed = await (await fetch(`/v1/instruments?limit=${SYMBOLS_MAX}`)).json();
  const socket = new WebSocket(
    `${location.protocol.replace("http", "ws")}//${location.host}/v1/ws`,
  );
  const subscribe = (params) => socket.send(JSON.stringify({ method: "subscribe", params }));
  socket.addEventListener("open", () => {
    subscribe({ channel: "status" });
    const symbols = listed.instruments.map((each) => each.symbol);
    if (symbols.length > 0) subscribe({ channel: "trades", symbols, snapshot: false });
  });
  socket.addEventListener("message", (event) => {
    const push = JSON.parse(event.data);
    if (push.channel === "trades") keepTrades(push);
    if (push.channel !== "status") return;
    say(push.data.state);
    shardStates = new Map(push.data.shards.map(({ shard, state }) => [shard, state]));
  });
  await new Promise((resolve) => {
    socket.addEventListener("close", resolve);
  });
}

async function forEver(work) {
  for (;;) {
    try {
      await work();
    } catch {
      say("unreachable"); // the next round tries again
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

void forEver(async () => showStats(await (await fetch("/v1/stats")).json()));
void forEver(listen);
