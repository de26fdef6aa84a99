import typer

app = typer.Typer()


@app.callback()
def x():
    pass


@app.command()
def catalogue():
    pass
