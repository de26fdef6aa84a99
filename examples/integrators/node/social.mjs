// Social services' own system: hears referrals, says that a person has seen each, and takes it on. Ctrl-C ends it.
//
//   node social.mjs

import { Refused, System, command, readable } from "./barnabus.mjs";

const POST = { role: "case-manager", office: "prishtina-csw" };

async function takeOn(system, referral) {
  for (const verb of ["referral.acknowledge", "referral.accept"]) {
    // Here a program decides at once. With you a person reads the letter first, and answers for what she accepts.
    const made = () => command(verb, POST, { handoff_id: referral.id });
    const answer = await system.ask(system.kept.command(`${referral.id}.${verb}`, made));
    console.log(`${verb} ${answer.status}${answer.void ? `, void: ${answer.void}` : ""}`);
  }
}

const system = await System.connect("social");
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => system.close());
console.log("listening");
for await (const item of system.told()) {
  const { type, data: told } = item;
  if (type === "act.voided") {
    console.error(`our act ${told.id} came to nothing: ${told.reason}`);
    continue;
  }
  console.log(`heard ${type} from ${told.sender}, case ${told.case_ref}, position ${told.position}`);
  if (type !== "referral.made" || !readable(item) || told.standing.whose_move !== "social") continue;
  try {
    await takeOn(system, told);
  } catch (error) {
    if (system.closing) break; // what was kept goes again after the next start
    if (!(error instanceof Refused)) throw error;
    console.error(`refused: ${error.problem.code}. ${error.problem.hint}`);
  }
}
