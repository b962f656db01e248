// One walk through every face of the API with a client generated from its description.
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import createClient from "openapi-fetch";

import type { components, paths } from "./generated/schema.js";

type Problem = components["schemas"]["Problem"];
type Answer<T> = { data?: T; error?: Problem; response: Response };

const world = JSON.parse(process.env["WALK"] ?? "{}") as {
  url: string;
  tokens: { resident: string; merchant: string; desk: string; finance: string };
  store_id: string;
  provider: string;
  secret: string;
};

function client(token?: string) {
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  return createClient<paths>({ baseUrl: world.url, headers });
}

function newId(): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

function good<T>(answer: Answer<T>): T {
  if (answer.data === undefined) {
    throw new Error(`${answer.response.status} ${answer.error?.type}: ${answer.error?.title}`);
  }
  return answer.data;
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
  console.log(`ok ${what}`);
}

const resident = client(world.tokens.resident);
const shop = client(world.tokens.merchant);
const desk = client(world.tokens.desk);
const finance = client(world.tokens.finance);
const stranger = client();

const wallet_id = newId();
const opened = await resident.PUT("/v1/wallets/{wallet_id}", { params: { path: { wallet_id } }, body: {} });
check(good(opened).wallet_id === wallet_id, "a wallet is opened");

async function tell(event: components["schemas"]["TopUpSucceeded"] | components["schemas"]["TopUpReversed"]) {
  const id = `msg_${randomUUID()}`;
  const timestamp = String(Math.floor(Date.now() / 1000));
  const key = Buffer.from(world.secret.replace("whsec_", ""), "base64");
  const signed = createHmac("sha256", key).update(`${id}.${timestamp}.${JSON.stringify(event)}`).digest("base64");
  return stranger.POST("/v1/webhooks/top-ups/{provider}", {
    params: {
      path: { provider: world.provider },
      header: { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signed}` },
    },
    body: event,
  });
}

const topUp = await tell({
  type: "top_up.succeeded",
  top_up_ref: randomUUID(),
  wallet_id,
  amount_yen: 5000,
  occurred_at: new Date().toISOString(),
});
check(good(topUp).outcome === "credited", "a webhook tops it up");

const stores = good(await shop.GET("/v1/stores"));
const store = stores.items.find((each) => each.store_id === world.store_id);
if (store === undefined) throw new Error("the store is missing");

const payment = { wallet_id, qr: store.qr, amount_yen: 1200 };
const quote = good(await resident.POST("/v1/quotes", { body: payment }));
const payment_id = newId();
const path = { payment_id };
const paid = good(await resident.PUT("/v1/payments/{payment_id}", { params: { path }, body: payment }));
check(paid.rebate_points === quote.rebate_points, "the payment does what the quote said");
check(paid.grants.every((grant) => grant.reasons.every((reason) => reason.ja !== "")), "it says why");

const again = await resident.PUT("/v1/payments/{payment_id}", { params: { path }, body: payment });
check(again.response.headers.get("idempotent-replay") === "true", "a retry is known as one");

const tooMuch = await resident.PUT("/v1/payments/{payment_id}", {
  params: { path: { payment_id: newId() } },
  body: { ...payment, amount_yen: 90000 },
});
check(tooMuch.error?.type === "/problems/insufficient-funds", "a refusal is a typed problem");

const refund = good(
  await shop.PUT("/v1/refunds/{refund_id}", {
    params: { path: { refund_id: newId() } },
    body: { payment_id, amount_yen: 200, reason: "returned goods" },
  }),
);
check(refund.kind === "refund" && refund.refunded_yen === 200, "the shop refunds a part");

const looked = good(await resident.GET("/v1/payments/{payment_id}", { params: { path } }));
check(looked.state === "partly_refunded", "the resident sees it");

let cursor: string | null = null;
const kinds: string[] = [];
do {
  const page: components["schemas"]["HistoryPage"] = good(
    await resident.GET("/v1/wallets/{wallet_id}/entries", {
      params: { path: { wallet_id }, query: cursor === null ? { limit: 2 } : { limit: 2, cursor } },
    }),
  );
  kinds.push(...page.items.map((item) => item.kind));
  cursor = page.next_cursor;
} while (cursor !== null);
check(kinds.join() === "refund,payment,top_up,wallet.opened", "the history is whole");

const sales = good(
  await shop.GET("/v1/stores/{store_id}/payments", { params: { path: { store_id: world.store_id } } }),
);
const amounts = sales.items.map((sale) => {
  switch (sale.kind) {
    case "payment":
      return sale.coin_yen;
    case "refund":
      return -sale.amount_yen;
    case "void":
      return sale.void_id;
  }
});
check(amounts.join() === "-200,1200", "the kinds of sales are told apart");

const looks = await desk.POST("/v1/admin/wallets/{wallet_id}/looks", {
  params: { path: { wallet_id } },
  body: { reason: "the caller asks" },
});
check(good(looks).coin_yen === 4000, "the desk looks at the wallet");

const books = good(await finance.GET("/v1/admin/trial-balance"));
check(books.difference_yen === 0 && books.debit_yen > 0, "the books balance");

const refused = await resident.GET("/v1/admin/trial-balance");
check(refused.error?.type === "/problems/wrong-face", "a resident does not see the books");
