"""Running it: stores, homes, servers, commands, alarms."""

from contracts.codes.code import Code, Then

CODES = {
    "store.full": Code(
        "The agency's store cannot be written.", "Free disk space; nothing was recorded.", Then.RETRY, 507, 1
    ),
    "store.unavailable": Code(
        "The agency's store cannot be reached.",
        "Bring its database back; then send the command again with the same id: it is recorded once.",
        Then.RETRY,
        503,
        1,
    ),
    "store.unsafe": Code(
        "The agency's database would lose what it has confirmed.",
        "Turn fsync and full_page_writes on: an act that was answered must be on the disk.",
        Then.HALT,
        503,
        1,
    ),
    "nats.missing": Code(
        "No nats-server binary was found.", "Run `make setup`, or put nats-server on the PATH.", Then.RETRY, 503, 1
    ),
    "nats.failed": Code("The nats-server did not start.", "Read the server's log, named above.", Then.RETRY, 503, 1),
    "nats.unreachable": Code(
        "NATS does not answer.", "Start it with `barnabus up`, or set BARNABUS_NATS_URL.", Then.RETRY, 503, 1
    ),
    "nats.refused": Code(
        "NATS does not know this key.",
        "Give every server the nats.conf that has its public half, and reload it: docs/operate.md.",
        Then.RETRY,
        503,
        1,
    ),
    "nats.untrusted": Code(
        "The NATS server could not prove who it is, or would not encrypt.",
        "Compare ca.pem of this home, the server's name and its certificate's end: docs/operate.md.",
        Then.RETRY,
        503,
        1,
    ),
    "adapter.unreachable": Code(
        "The agency's adapter does not answer.",
        "Start it with `barnabus up` or `barnabus adapter AGENCY`.",
        Then.RETRY,
        503,
        1,
    ),
    "adapter.behind": Code(
        "The agency's store is behind the log, so it takes no commands.",
        "It was restored from a backup. Stop its adapter, then `barnabus recover AGENCY`: docs/operate.md.",
        Then.HALT,
        503,
        1,
    ),
    "key.lost": Code(
        "The private key to which letters for this agency are sealed is not in its home.",
        "Put it back from its backup, or `barnabus recover AGENCY --new-sealing-key`: docs/operate.md.",
        exit=1,
    ),
    "key.only": Code(
        "It is the only key of its owner that counts.",
        "Make a new one first: `barnabus keys rotate OWNER` (`--sealing`), then revoke this one.",
        exit=1,
    ),
    "root.missing": Code(
        "The root key that signs the directory of this home is not here.",
        "Put it back as keys/root/root.jwk for this one command, and take it off the machine again.",
        exit=1,
    ),
    "home.missing": Code(
        "This folder is no home of Barnabus.", "Run `barnabus provision`, or set BARNABUS_HOME.", exit=1
    ),
    "home.provisioned": Code(
        "This folder is a home already.", "Use it as it is, or name another with BARNABUS_HOME.", exit=1
    ),
    "setting.invalid": Code(
        "A setting of the environment cannot be used.", "See what it may be in docs/operate.md.", exit=1
    ),
    "places.invalid": Code(
        "The table of places cannot be used: which office lies in which municipality.",
        "Mend the file at that line; docs/operate.md says what it may hold.",
        exit=1,
    ),
    "protocol.invalid": Code(
        "The protocol of duties and time limits cannot be used.",
        "Mend the file at that line; docs/protocol.md says what a rule may say.",
        exit=1,
    ),
    "alarms.invalid": Code(
        "The file that says whom alarms reach cannot be used.",
        "Mend it at that line, and name it in BARNABUS_ALARMS; docs/alarms.md says what it may say.",
        exit=1,
    ),
    "alarm.nobody": Code(
        "The file that says whom alarms reach names nobody there.",
        "Name somebody in it, restart what carries alarms, then `barnabus alarms retry`.",
        http=404,
        exit=1,
    ),
    "alarm.unreachable": Code(
        "Whom an alarm was for could not be reached.",
        "It is tried again for a day. Compare the address with the file that BARNABUS_ALARMS names, and its port.",
        Then.RETRY,
        504,
        1,
    ),
    "alarm.untrusted": Code(
        "Whom an alarm was for could not prove who it is, or would not encrypt.",
        "Mend its certificate, or name in ca_file who vouches for it.",
        Then.RETRY,
        502,
        1,
    ),
    "alarm.refused": Code(
        "An alarm was answered with a refusal.",
        "It is tried again for a day. Look up the number of the answer, and see the log of whoever refused it.",
        Then.RETRY,
        502,
        1,
    ),
    "alarm.not-found": Code("No such alarm is parked.", "List them with `barnabus alarms list`.", http=404, exit=1),
    "postgres.missing": Code(
        "Something is to lie in PostgreSQL, and its driver is not installed.",
        "Install barnabus with its extra: barnabus[postgres].",
        exit=1,
    ),
    "address.unusable": Code(
        "This address cannot be listened on.",
        "Name another with --listen [HOST:]PORT, or stop what listens there.",
        exit=1,
    ),
    "figures.not-over": Code(
        "The period is not over in what the read models have folded.",
        "Publish it once the log has gone past its end: counts that still move give cases away.",
        http=409,
        exit=1,
    ),
    "figures.before-log": Code(
        "The log begins after this period: that nothing was counted in it says nothing of the cases that there were.",
        "Name a period in which the log was there; --json of one says as `log_began` since when that is.",
        http=409,
    ),
    "figures.published": Code(
        "Other figures of this time are published, and two tables of the same cases can give small counts away.",
        "Use those that are published, as named above, or another period.",
        http=409,
    ),
    "home.has-servers": Code(
        "This home was provisioned with servers of their own, so it starts none.",
        "Start them; then `barnabus gateway`, `barnabus adapter AGENCY` and the others one by one: docs/operate.md.",
        exit=1,
    ),
    "home.in-use": Code("Another process already runs this part of the home.", "Stop the other one first.", exit=1),
    "home.exposed": Code("Private key files can be read by others.", "chmod go= the files named above.", exit=1),
    "process.ended": Code(
        "A process of this home ended by itself.", "Read its file in the home's logs folder.", exit=1
    ),
    "agency.unknown": Code("There is no such agency here.", "Name one of those listed."),
    "option.invalid": Code("The option cannot be given like that.", "Give it as named above, or see --help."),
    "file.unreadable": Code("The file cannot be read.", "Check its name and permissions, or use - for standard input."),
    "file.unwritable": Code(
        "The file cannot be written.", "Check its folder and its permissions, and give the command again.", exit=1
    ),
    "sandbox.missing": Code(
        "No sandbox answers here.",
        "Start one with `barnabus sandbox --as AGENCY`, or name its home with --home or BARNABUS_HOME.",
        exit=1,
    ),
    "scenario.failed": Code(
        "What was played did not come to what the scenario says.",
        "Read what the demo printed before, and the logs of the home.",
        exit=1,
    ),
    "letter.not-found": Code(
        "The inbox holds no such letter.", "List them with `barnabus inbox AGENCY list`.", http=404, exit=1
    ),
    "case.held-up": Code(
        "An entry of this case that stands before is not known here.",
        "Update this installation: both are folded by themselves then.",
        http=503,
        exit=1,
    ),
    "handoff.not-found": Code(
        "The read models have no such handoff.",
        "List them with `barnabus handoffs list`; `barnabus projections status` says how far these are.",
        http=404,
        exit=1,
    ),
    "duty.not-found": Code(
        "The read models have no such duty.",
        "List them with `barnabus duties list`, with --closed those of closed cases too.",
        http=404,
        exit=1,
    ),
    "keeper.silent": Code(
        "Nobody watches over duties: the keeper is not running, or cannot decide.",
        "Start it with `barnabus keeper` (`barnabus up` starts it too), or read its log.",
        http=503,
        exit=1,
    ),
    "purpose.missing": Code(
        "A purpose is needed to read a case.",
        "Give it with --purpose; it is written down before anything is shown.",
        http=403,
    ),
    "purpose.unrecorded": Code(
        "The access journal cannot be written, so nothing is shown.",
        "Make the home's access journal writable.",
        http=503,
        exit=1,
    ),
    "internal": Code(
        "Something failed that should not have.",
        "Nothing accepted is lost. Read the process log for the id and report it.",
        Then.RETRY,
        500,
        1,
    ),
}
