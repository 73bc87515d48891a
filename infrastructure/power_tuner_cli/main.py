"""The `power-tuner` command: all subcommands, their error messages and exit codes."""

import json
import sys
from typing import Annotated, Any

import typer

from power_tuner.report.visible_text import visible
from power_tuner_cli.errors import CliError, explain_aws_error
from power_tuner_cli.exit_codes import EXIT_CODE_HELP
from power_tuner_cli.help_pages import CommandGroup, markup_mode
from power_tuner_cli.installation import explain_missing_package, version

_AS_JSON = "power_tuner_cli.as_json"


class PowerTunerCommands(CommandGroup):
    """The group of all commands; turns errors into messages and exit codes."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Parse the arguments; note --json first, so that an error of parsing knows of it."""
        ctx.meta[_AS_JSON] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; report an error as a message and an exit code."""
        try:
            return super().invoke(ctx)
        except CliError as error:
            raise typer.Exit(_report(error, as_json=ctx.meta[_AS_JSON])) from None
        except Exception as error:
            missing = explain_missing_package(error) if isinstance(error, ModuleNotFoundError) else None
            explained = missing or explain_aws_error(error)
            if explained is None:
                raise
            raise typer.Exit(_report(explained, as_json=ctx.meta[_AS_JSON])) from None


def _report(error: CliError, *, as_json: bool) -> int:
    print(f"power-tuner: {visible(error.message)}", file=sys.stderr)
    if as_json:
        print(json.dumps({"status": error.exit_code.name, "error": error.message}, indent=2))
    return int(error.exit_code)


def _print_version(asked: bool) -> None:  # noqa: FBT001 - typer calls it so
    if asked:
        print(version())
        raise typer.Exit


def _commands(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Find the best memory size of an AWS Lambda function."""


def build_app() -> typer.Typer:
    """Return the command line with all commands."""
    from power_tuner_cli.apply import apply
    from power_tuner_cli.demo import demo
    from power_tuner_cli.deploy import deploy
    from power_tuner_cli.doctor import doctor
    from power_tuner_cli.engine import engine
    from power_tuner_cli.enroll import enroll, enrolled
    from power_tuner_cli.fleet import fleet
    from power_tuner_cli.history import history
    from power_tuner_cli.local import local_app
    from power_tuner_cli.mcp import mcp
    from power_tuner_cli.package import package
    from power_tuner_cli.replay import replay
    from power_tuner_cli.report import report
    from power_tuner_cli.rollback import rollback
    from power_tuner_cli.savings import savings
    from power_tuner_cli.survey import survey
    from power_tuner_cli.tune import tune
    from power_tuner_cli.undeploy import undeploy
    from power_tuner_cli.unenroll import unenroll

    app = typer.Typer(
        name="power-tuner",
        cls=PowerTunerCommands,
        no_args_is_help=True,
        pretty_exceptions_show_locals=False,
        rich_markup_mode=markup_mode(),
        epilog=EXIT_CODE_HELP,
    )
    app.callback()(_commands)
    for command in (
        tune,
        demo,
        deploy,
        undeploy,
        package,
        doctor,
        history,
        survey,
        savings,
        fleet,
        report,
        apply,
        rollback,
        replay,
        enroll,
        unenroll,
        enrolled,
        engine,
        mcp,
    ):
        app.command(epilog=EXIT_CODE_HELP)(command)
    app.add_typer(local_app, name="local")
    return app


def main() -> None:
    """Run the command line."""
    from power_tuner_cli.console import accept_any_text

    accept_any_text()
    build_app()()
