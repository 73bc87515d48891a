"""moto's own Lambda, until the sandboxes are there."""

from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

if TYPE_CHECKING:
    from collections.abc import Callable


class LambdaService:
    def __init__(self, endpoint_url: str, region: str, account_id: str) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self._moto.get_application(environ)(environ, start_response)

    def invoke_async(self, function_arn: str, payload: bytes, *, on_done: "Callable[[], None] | None" = None) -> None:
        import boto3

        raise NotImplementedError

    def idle(self) -> bool:
        return True

    def close(self) -> None:
        pass
