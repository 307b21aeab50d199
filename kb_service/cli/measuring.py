"""Commands that measure and train. They write nothing to the service's database."""


import typer

evaluate = typer.Typer(help="评测", no_args_is_help=True)
bench = typer.Typer(help="性能测量", no_args_is_help=True)
train = typer.Typer(help="训练", no_args_is_help=True)


@evaluate.callback()
def _evaluate() -> None:
    """评测。"""


@bench.callback()
def _bench() -> None:
    """性能测量。"""


@train.callback()
def _train() -> None:
    """训练。"""
