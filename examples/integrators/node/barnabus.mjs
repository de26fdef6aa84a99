// All that an agency's own system needs of Barnabus: connect, ask, hear. It is plain NATS and JSON.

import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { connect as dial, nkeyAuthenticator } from "@nats-io/transport-node";

const HOME = process.env.BARNABUS_HOME ?? "barnabus-home";
const VERSION = "1.0"; // of the types that these programs were written for: newer adapters go on understanding it
const ANSWER_WITHIN_MS = 5_000; // the adapter waits up to two seconds for the log
const ASK_AGAIN_AFTER_MS = 1_000;
const TRIES = 20;

/** A command that was refused, and nothing recorded: `problem` holds code, message, hint and perhaps field, detail. */
export class Refused extends Error {
  constructor(problem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** A connection into one agency's account that comes back by itself, however long the server is away. */
export async function connect(agency) {
  const read = async (path) => (await readFile(`${HOME}/${path}`, "utf8")).trim();
  const nats = await dial({
    servers: process.env.BARNABUS_NATS_URL ?? (await read("run/nats.url")),
    authenticator: nkeyAuthenticator(new TextEncoder().encode(await read(`keys/${agency}/system.nk`))),
    inboxPrefix: "_INBOX.system", // elsewhere this user may hear no answer
    name: `example-${agency}`,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250, // milliseconds
    waitOnFirstConnect: true,
  });
  reportOn(nats);
  return nats;
}

async function reportOn(nats) {
  for await (const { type } of nats.status()) {
    if (type === "disconnect") console.error("the server is away");
    if (type === "reconnect") console.error("the server is back: what was told meanwhile is in `barnabus inbox`");
  }
}

/** A new command. Keep it until it is answered: after a crash the same one, with the same id, goes again. */
export function command(verb, post, data) {
  const now = new Date().toISOString();
  const clocks = { occurred: now, known: now, recorded: now }; // when it happened, was known, was written down
  return { command: verb, version: VERSION, id: randomUUID(), clocks, legal_basis: "protection-duty", post, data };
}

/** Hand a command over. Without an answer the very same goes again: its id makes that harmless. Throws `Refused`. */
export async function ask(nats, asked) {
  const bytes = JSON.stringify(asked);
  for (let tries = 1; ; tries++) {
    const answer = await request(nats, bytes);
    if (answer?.error) throw new Refused(answer.error);
    if (answer) return answer; // status "logged"; or "recorded": safe in the adapter's store, the log follows
    if (tries === TRIES) throw new Error(`no answer after ${TRIES} tries`);
    console.error("no answer, so the same command goes again");
    await wait(ASK_AGAIN_AFTER_MS);
  }
}

async function request(nats, bytes) {
  try {
    return (await nats.request("adapter.submit", bytes, { timeout: ANSWER_WITHIN_MS })).json();
  } catch (error) {
    if (nats.isClosed()) throw error;
    return null; // nobody listens, or it took too long: perhaps it was recorded, perhaps not
  }
}

/** Every letter told to this agency, each once. A real system keeps the ids in its database, with what it did. */
export async function* letters(subscription) {
  const heard = new Set();
  for await (const message of subscription) {
    const letter = message.json();
    if (heard.has(letter.id)) console.error(`heard before: ${letter.type} ${letter.id}`);
    else yield letter;
    heard.add(letter.id);
  }
}

/** Begin to hear: letters to this agency, and what has become void of its own acts. Only what is told from now on. */
export async function listen(nats) {
  const subscriptions = { letters: nats.subscribe("adapter.letters.>"), voided: nats.subscribe("adapter.voided") };
  await nats.flush(); // the server knows of both before anything is said
  return subscriptions;
}
