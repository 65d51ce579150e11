// The first story, walked by a client whose types are generated from the contract: a distributor
// asks for 500 kg of "mật hoa dừa" with four stars, sees ranked offers whose factors add up, and the
// near misses with what would let each in. Reads the file that `ocop-link demo --credentials` wrote.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import createClient from "openapi-fetch";
import type { components, paths } from "./contract.js";

type Credentials = {
  base_url: string;
  callers: Record<"distributor" | "producer", { party_id: string; token: string }>;
};
type DemandBody = components["schemas"]["DemandBody"];
type Match = components["schemas"]["MatchItem"];

const [file = "credentials.json"] = process.argv.slice(2);
const credentials = JSON.parse(readFileSync(file, "utf8")) as Credentials;
const { token } = credentials.callers.distributor;
const client = createClient<paths>({
  baseUrl: credentials.base_url,
  headers: { authorization: `Bearer ${token}`, "accept-language": "en" },
});

const wish: DemandBody = {
  title: "Mật hoa dừa",
  unit: "kg",
  max_unit_price: 350_000,
  requirements: { min_stars: 4 },
  deliveries: [
    { place: { province_code: "79" }, from: "2027-01-01", to: "2027-01-31", quantity: 500 },
  ],
};

/** Asks once more with the same key: a lost answer must not make a second demand. */
async function record(): Promise<components["schemas"]["DemandRecord"]> {
  const params = { header: { "Idempotency-Key": crypto.randomUUID() } };
  const first = await client.POST("/v1/demands", { body: wish, params });
  const second = await client.POST("/v1/demands", { body: wish, params });
  assert.ok(first.data && second.data, JSON.stringify(first.error ?? second.error));
  assert.equal(second.data.id, first.data.id);
  assert.equal(second.response.headers.get("idempotent-replayed"), "true");
  return first.data;
}

function checkMatch(match: Match): void {
  const sum = match.factors.reduce((total, factor) => total + factor.contribution, 0);
  assert.equal(sum, match.score, "the factors add up");
  assert.ok((match.product.recognition?.stars ?? 0) >= 4, "four stars at least");
  assert.equal(match.coverage.length, 1);
  assert.ok((match.landed_unit_price ?? 0) >= (match.unit_price ?? 0), "freight is counted");
  assert.ok(match.distance_km >= 0);
}

async function walk(): Promise<void> {
  const demand = await record();
  assert.equal(demand.state, "open");
  const params = { path: { id: demand.id }, query: { limit: 20 } };
  const matches = await client.GET("/v1/demands/{id}/matches", { params });
  assert.ok(matches.data, JSON.stringify(matches.error));
  assert.ok(matches.data.items.length > 0, "somebody can deliver");
  matches.data.items.forEach(checkMatch);
  const scores = matches.data.items.map((match) => match.score);
  assert.deepEqual(scores, scores.toSorted((a, b) => b - a), "best first");
  const misses = await client.GET("/v1/demands/{id}/excluded", { params });
  assert.ok(misses.data, JSON.stringify(misses.error));
  const lapsing = misses.data.items.flatMap((miss) => miss.failed_checks);
  assert.ok(lapsing.some((check) => check.code === "stars" && check.remedy), "a star that lapses");
  const refused = await client.POST("/v1/demands", { body: { ...wish, unit: "chục" } });
  assert.equal(refused.response.status, 422);
  assert.equal(refused.error?.errors?.[0]?.pointer, "/unit");
  const closed = await client.POST("/v1/demands/{id}/close", { params: { path: { id: demand.id } } });
  assert.equal(closed.data?.state, "closed");
  console.log(`story 1: ${matches.data.items.length} offers, ${misses.data.items.length} near misses`);
}

await walk();
