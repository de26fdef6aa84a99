// All that an agency's own system needs of Barnabus: connect, ask, hear. It is plain NATS and JSON.

import { randomUUID } from "node:crypto";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, readdirSync } from "node:fs";
import { renameSync, rmSync, writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { connect as dial, nkeyAuthenticator } from "@nats-io/transport-node";

const HOME = process.env.BARNABUS_HOME ?? "barnabus-home";
const VERSION = "1.0"; // of the types that these programs were written for: newer adapters go on understanding it
const ANSWER_WITHIN_MS = 5_000; // the adapter waits up to two seconds for the log
const ASK_AGAIN_AFTER_MS = 1_000;
const TRIES = 20;
const LOOK_AGAIN_AFTER_MS = 30_000; // also where no bell was heard

/** A command that was refused, and nothing recorded: `problem` holds code, message, hint and perhaps field, detail. */
export class Refused extends Error {
  constructor(problem) {
    super(problem.message);
    this.problem = problem;
  }
}

/**
 * What must outlive a power cut: what was dealt with, and each command from before it is sent. Here it is files; a real
 * system keeps both in its database, each in the transaction of what it did.
 */
class Kept {
  constructor(folder) {
    this.commands = `${folder}/commands`;
    mkdirSync(this.commands, { recursive: true });
    this.log = `${folder}/dealt-with.jsonl`;
    const lines = existsSync(this.log) ? readFileSync(this.log, "utf8").split("\n") : [];
    const noted = lines.map(parsed).filter(Boolean);
    this.ids = new Set(noted.map(({ id }) => id));
    this.feed = noted.at(-1)?.feed ?? 0;
  }

  /** The command of this name, the very same until it is forgotten. */
  command(name, made) {
    const path = `${this.commands}/${name}.json`;
    if (!existsSync(path)) {
      write(`${path}.new`, JSON.stringify(made()), "w");
      renameSync(`${path}.new`, path); // whole, or not there
    }
    return JSON.parse(readFileSync(path, "utf8"));
  }

  forget(begins) {
    for (const name of readdirSync(this.commands)) if (name.startsWith(begins)) rmSync(`${this.commands}/${name}`);
  }

  /** From now on this item is known, and the commands that came of it need not be kept. */
  dealtWith({ feed, id, data }) {
    this.feed = feed;
    this.ids.add(id);
    write(this.log, `\n${JSON.stringify({ feed, id })}`, "a");
    this.forget(data.id);
  }
}

function parsed(line) {
  try {
    return JSON.parse(line);
  } catch {
    return null; // an empty line, or the power was cut while it was written
  }
}

function write(path, text, how) {
  const file = openSync(path, how);
  writeSync(file, text);
  fsyncSync(file);
  closeSync(file);
}

/** One agency's own system: a connection that comes back by itself, and what it has kept. */
export class System {
  static async connect(agency) {
    const read = async (path) => (await readFile(`${HOME}/${path}`, "utf8")).trim();
    const home = async () => read(existsSync(`${HOME}/nats.urls`) ? "nats.urls" : "run/nats.url"); // a production's
    const servers = (process.env.BARNABUS_NATS_URL ?? (await home())).split(/[\s,]+/);
    const nats = await dial({
      servers,
      // the handshake comes first: else whoever is in between could say that none is needed
      ...(servers[0].startsWith("tls://") && { tls: { caFile: `${HOME}/ca.pem`, handshakeFirst: true } }),
      authenticator: nkeyAuthenticator(new TextEncoder().encode(await read(`keys/${agency}/system.nk`))),
      inboxPrefix: "_INBOX.system", // elsewhere this user may hear no answer
      name: `example-${agency}`,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250, // milliseconds
      waitOnFirstConnect: true,
    });
    const system = new System(nats, new Kept(`${HOME}/example-${agency}`));
    const callback = () => system.ring();
    for (const subject of ["adapter.letters.>", "adapter.voided"]) nats.subscribe(subject, { callback });
    await nats.flush(); // the server knows of both before anything is said
    return system;
  }

  constructor(nats, kept) {
    this.nats = nats;
    this.kept = kept;
    this.rung = false;
    this.report();
  }

  async report() {
    for await (const { type } of this.nats.status()) {
      if (type === "disconnect") console.error("the server is away");
      if (type !== "reconnect") continue;
      console.error("the server is back");
      this.ring();
    }
  }

  ring() {
    this.rung = true;
    this.wake?.();
  }

  async close() {
    this.closing = true;
    this.ring();
    await this.nats.drain();
  }

  /** Hand a command over. Without an answer the very same goes again: its id makes that harmless. Throws `Refused`. */
  async ask(asked) {
    for (let tries = 1; ; tries++) {
      const answer = await this.request("adapter.submit", asked);
      if (answer) return answer; // status "logged"; or "recorded": safe in the adapter's store, the log follows
      if (tries === TRIES) throw new Error(`no answer after ${TRIES} tries`);
      console.error("no answer, so the same command goes again");
      await wait(ASK_AGAIN_AFTER_MS);
    }
  }

  /**
   * All that this agency is told, each item once and in order, also what was told while nobody listened: what is heard
   * live is a bell, and what it rings for stands in the feed. An item is dealt with when the next one is asked for; what
   * was not is told again after a start. It ends with the connection.
   */
  async *told() {
    for (let after = this.kept.feed; !this.closing; ) {
      this.rung = false;
      const page = await this.page(after);
      if (!page) return;
      for (const item of page.items) {
        if (this.kept.ids.has(item.id)) continue;
        yield item;
        this.kept.dealtWith(item);
      }
      after = page.next;
      if (!page.items.length) await this.bell();
    }
  }

  async bell() {
    if (this.rung || this.closing) return;
    let late;
    await new Promise((rings) => {
      this.wake = rings;
      late = setTimeout(rings, LOOK_AGAIN_AFTER_MS);
    });
    clearTimeout(late);
  }

  async page(after) {
    for (let from = after; !this.closing; await wait(ASK_AGAIN_AFTER_MS)) {
      try {
        const page = await this.request("adapter.feed", { after: from });
        if (page) return page;
      } catch (error) {
        if (this.closing) return null;
        if (error.problem?.code !== "feed.ahead") throw error;
        console.error("the adapter's store was put back: everything is read again, and what is known is passed over");
        from = 0;
      }
    }
    return null;
  }

  async request(subject, asked) {
    let answer;
    try {
      answer = (await this.nats.request(subject, JSON.stringify(asked), { timeout: ANSWER_WITHIN_MS })).json();
    } catch (error) {
      if (this.nats.isClosed()) throw error;
      return null; // nobody listens, or it took too long: perhaps it was recorded, perhaps not
    }
    if (answer.error) throw new Refused(answer.error);
    return answer;
  }
}

/** A new command. Keep it until it is answered: after a crash the same one, with the same id, goes again. */
export function command(verb, post, data) {
  const now = new Date().toISOString();
  const clocks = { occurred: now, known: now, recorded: now }; // when it happened, was known, was written down
  return { command: verb, version: VERSION, id: randomUUID(), clocks, legal_basis: "protection-duty", post, data };
}

/** Is it a letter of a version that these programs were written for? Of another one somebody has to be told. */
export function readable({ type, feed, data }) {
  const { version = VERSION } = data;
  if (version.split(".")[0] === VERSION.split(".")[0]) return true;
  console.error(`set aside: ${type} ${version}, item ${feed}, is newer than this program`);
  return false;
}
