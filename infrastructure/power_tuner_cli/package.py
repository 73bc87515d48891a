"""The command `power-tuner package`: the template for other tools, with its code uploaded."""

import json
from pathlib import Path
from typing import Annotated

import typer

from power_tuner_cli import options
from power_tuner_cli.cloud import AwsOptions
from power_tuner_cli.console import open_screen

_CAPABILITIES = ["CAPABILITY_IAM"]


@options.on_aws
def package(
    *,
    output: Annotated[Path, typer.Option(help="The file to save the template to.")] = Path("power-tuner.json"),
    bucket: options.Bucket = None,
    as_json: options.Json = False,
    aws_options: AwsOptions,
) -> None:
    """Upload the code, and save a plain CloudFormation template for CDK, Terraform or any other tool."""
    from power_tuner_cli.cloud import open_cloud
    from power_tuner_cli.deployment.template import Template
    from power_tuner_cli.deployment.uploading import upload
    from power_tuner_cli.installation import application_folder
    from power_tuner_local.cloudformation import sam

    screen = open_screen(as_json=as_json)
    cloud = open_cloud(aws_options)
    artifacts, bundle = upload(screen.print_message, cloud, aws_options, application_folder(), bucket)
    document = sam.translate(Template(bundle.template).document(), {}, cloud.region)
    document.pop("Transform", None)
    text = json.dumps(document, indent=1) + "\n"
    output.write_text(text, "utf-8")
    key = f"{bundle.template_key.removesuffix('.yaml')}.json"
    artifacts.upload({key: text.encode()})
    url = artifacts.url(key)
    screen.print_json({"template": str(output), "templateUrl": url, "capabilities": _CAPABILITIES})
    screen.print_message(f"Saved {output}. It is also at\n  {url}\nIt needs the capability {_CAPABILITIES[0]}.")
