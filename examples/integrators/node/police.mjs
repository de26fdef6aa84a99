// The police's own system: asks social services to assess what protection a child needs, and waits until they accept.
//
//   node police.mjs [COMMAND.json]

import { readFile } from "node:fs/promises";
import { Refused, System, command, readable } from "./barnabus.mjs";

const WAIT_AT_MOST_MS = 60_000;
const OURS = "asking";

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

async function untilAccepted(system, referralId) {
  for await (const item of system.told()) {
    const { type, data: letter } = item;
    if (!readable(item) || letter.content?.handoff_id !== referralId) continue;
    const { stage, whose_move, responsible } = letter.standing;
    console.log(`heard ${type} from ${letter.sender}, position ${letter.position}`);
    console.log(`  stage: ${stage}; whose move: ${whose_move}; answers for it: ${responsible}`);
    if (type === "referral.accepted") return;
    if (type === "referral.declined") {
      system.kept.forget(OURS);
      throw new Error("declined: it is ours to ask somebody else");
    }
  }
  throw new Error("nobody has accepted within a minute: it is still ours. Run it again to go on");
}

const [file] = process.argv.slice(2);
const system = await System.connect("police");
try {
  const made = file ? JSON.parse(await readFile(file, "utf8")) : system.kept.command(OURS, referral);
  const answer = await system.ask(made);
  const where = answer.stamp ? `position ${answer.stamp.position}` : "its place in the log follows";
  console.log(`${made.command} ${answer.status}, ${where}, case ${answer.case_ref}`);
  const late = setTimeout(() => system.close(), WAIT_AT_MOST_MS);
  await untilAccepted(system, answer.id);
  clearTimeout(late);
  system.kept.forget(OURS);
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  const { code, message, hint, field } = error.problem;
  console.error(`refused: ${code}${field ? ` at ${field}` : ""}. ${message}\n  next: ${hint}`);
  process.exitCode = 2;
} finally {
  await system.close();
}
