// The police's own system: asks social services to assess what protection a child needs, and waits until they accept.
//
//   node police.mjs [COMMAND.json]

import { readFile } from "node:fs/promises";
import { Refused, ask, command, connect, letters, listen } from "./barnabus.mjs";

const WAIT_AT_MOST_MS = 60_000;

function referral() {
  const post = { role: "investigator", office: "prishtina-child-unit" };
  return command("referral.make", post, {
    to: "social",
    service: "child-protection-assessment",
    urgency: "urgent",
    concerns: { ref: "p-7k3q9m2xw4", role: "child" }, // your pseudonym for the child, the same in every case
    safety: { immediate_danger: "yes", suspect_has_access: "unknown", whereabouts: "relatives" },
    allegation: { kind: "physical-abuse", ongoing: "unknown" },
    identity: { full_name: "Example Child", date_of_birth: "2015-05-17" }, // travels sealed, and is in no log
  });
}

async function untilAccepted(told, referralId) {
  for await (const letter of letters(told)) {
    if (letter.content.handoff_id !== referralId) continue;
    const { stage, whose_move, responsible } = letter.standing;
    console.log(`heard ${letter.type} from ${letter.sender}, position ${letter.position}`);
    console.log(`  stage: ${stage}; whose move: ${whose_move}; answers for it: ${responsible}`);
    if (letter.type === "referral.accepted") return;
    if (letter.type === "referral.declined") throw new Error("declined: it is ours to ask somebody else");
  }
  throw new Error("nobody has accepted within a minute: it is still ours");
}

const [file] = process.argv.slice(2);
const nats = await connect("police");
try {
  const told = await listen(nats); // before asking, or a quick answer would go unheard
  const made = file ? JSON.parse(await readFile(file, "utf8")) : referral();
  const answer = await ask(nats, made);
  const where = answer.stamp ? `position ${answer.stamp.position}` : "its place in the log follows";
  console.log(`${made.command} ${answer.status}, ${where}, case ${answer.case_ref}`);
  const late = setTimeout(() => told.letters.unsubscribe(), WAIT_AT_MOST_MS);
  await untilAccepted(told.letters, answer.id);
  clearTimeout(late);
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  const { code, message, hint, field } = error.problem;
  console.error(`refused: ${code}${field ? ` at ${field}` : ""}. ${message}\n  next: ${hint}`);
  process.exitCode = 2;
} finally {
  await nats.drain();
}
