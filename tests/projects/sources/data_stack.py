from aws_cdk import Duration, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk.aws_lambda_python_alpha import PythonFunction


class DataStack(Stack):
    def __init__(self, scope, construct_id, **kwargs):
        super().__init__(scope, construct_id, **kwargs)
        common = {"runtime": lambda_.Runtime.PYTHON_3_13}

        self.ingest = lambda_.Function(
            self,
            "Ingest",
            code=lambda_.Code.from_asset("src"),
            handler="ingest.handler",
            memory_size=1024,  # 1 GB für große Dateien
            **common,
        )
        self.clean = PythonFunction(self, "Clean", entry="clean", function_name=f"{self.node.id}-clean")
        self.export = PythonFunction(self, "Export", entry="src/export", **common)
