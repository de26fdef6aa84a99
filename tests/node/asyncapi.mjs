// The official AsyncAPI parser reads the document at the given path, with every schema that it refers to.
// Prints what it found: {"channels": [...], "operations": [...], "messages": n, "diagnostics": [{code, severity, path, message}]}.

import { Parser, fromFile } from "@asyncapi/parser";

const { document, diagnostics } = await fromFile(new Parser(), process.argv[2]).parse();
const found = {
  channels: document?.channels().all().map((channel) => channel.address()) ?? [],
  operations: document?.operations().all().map((operation) => operation.id()) ?? [],
  messages: document?.allMessages().all().length ?? 0,
  diagnostics: diagnostics.map(({ code, severity, path, message }) => ({ code, severity, path, message })),
};
console.log(JSON.stringify(found));
