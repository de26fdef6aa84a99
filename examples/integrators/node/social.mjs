// Social services' own system: hears referrals, says that a person has seen each, and takes it on. Ctrl-C ends it.
//
//   node social.mjs

import { Refused, ask, command, connect, letters, listen } from "./barnabus.mjs";

const POST = { role: "case-manager", office: "prishtina-csw" };

async function takeOn(nats, referral) {
  for (const verb of ["referral.acknowledge", "referral.accept"]) {
    // Here a program decides at once. With you a person reads the letter first, and answers for what she accepts.
    const answer = await ask(nats, command(verb, POST, { handoff_id: referral.id }));
    console.log(`${verb} ${answer.status}${answer.void ? `, void: ${answer.void}` : ""}`);
  }
}

async function tellOfVoid(voided) {
  for await (const message of voided) {
    const { id, reason } = message.json();
    console.error(`our act ${id} came to nothing: ${reason}`);
  }
}

const nats = await connect("social");
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => nats.drain());
const told = await listen(nats);
tellOfVoid(told.voided);
console.log("listening");
for await (const letter of letters(told.letters)) {
  console.log(`heard ${letter.type} from ${letter.sender}, case ${letter.case_ref}, position ${letter.position}`);
  if (letter.type !== "referral.made" || letter.standing.whose_move !== "social") continue;
  try {
    await takeOn(nats, letter);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    console.error(`refused: ${error.problem.code}. ${error.problem.hint}`);
  }
}
