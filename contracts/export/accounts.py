def accounts() -> str:
    t=open("/tmp/lab/nats/bus.conf").read()
    t=t[t.index("system_account"):]
    return t.replace('"_R_.>"','"_R_.>", "gateway.alive", "$JS.API.STREAM.INFO.>"')
