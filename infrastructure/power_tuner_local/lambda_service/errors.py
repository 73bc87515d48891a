"""Lambda's API errors, with its codes, statuses and messages.

LambdaApiError
├── ResourceNotFoundError (404)
├── ResourceConflictError (409)
├── InvalidParameterError (400)
├── ValidationError (400)
├── PreconditionFailedError (412)
├── AccessDeniedError (403)
├── RequestTooLargeError (413)
├── RequestEntityTooLargeError (413)
├── TooManyRequestsError (429)
└── UnsupportedError (501)
"""


class LambdaApiError(Exception):
    """An error response of the Lambda API."""

    code = "ServiceException"
    status = 500

    def __init__(self, message: str, *, reason: str | None = None, typed: bool = True) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.typed = typed

    def document(self) -> dict[str, str | None]:
        """Return the response body."""
        body: dict[str, str | None] = {"Message": self.message, "message": self.message}
        if self.typed:
            body["Type"] = "User"
        return body if self.reason is None else {**body, "Reason": self.reason}


class ResourceNotFoundError(LambdaApiError):
    """No such function, version or alias."""

    code = "ResourceNotFoundException"
    status = 404


class ResourceConflictError(LambdaApiError):
    """The resource already exists, or its state does not allow the request."""

    code = "ResourceConflictException"
    status = 409


class InvalidParameterError(LambdaApiError):
    """A parameter's value is not valid here."""

    code = "InvalidParameterValueException"
    status = 400


class ValidationError(LambdaApiError):
    """A parameter's value violates the API's constraints."""

    code = "ValidationException"
    status = 400


class PreconditionFailedError(LambdaApiError):
    """The revision id is not the latest."""

    code = "PreconditionFailedException"
    status = 412

    def __init__(self, source: str = "GetFunction/GetAlias") -> None:
        super().__init__(
            "The Revision Id provided does not match the latest Revision Id. "
            f"Call the {source} API to retrieve the latest Revision Id"
        )


class AccessDeniedError(LambdaApiError):
    """The function belongs to another account."""

    code = "AccessDeniedException"
    status = 403

    def __init__(self) -> None:
        super().__init__("")

    def document(self) -> dict[str, str | None]:
        """Return the response body: AWS gives no message."""
        return {"Message": None}


class RequestTooLargeError(LambdaApiError):
    """The payload is too large."""

    code = "RequestTooLargeException"
    status = 413


class RequestEntityTooLargeError(LambdaApiError):
    """The deployment package, or the whole request, is too large."""

    code = "RequestEntityTooLargeException"
    status = 413


class TooManyRequestsError(LambdaApiError):
    """A concurrency limit is reached."""

    code = "TooManyRequestsException"
    status = 429

    def __init__(self, reason: str) -> None:
        super().__init__("Rate Exceeded.", reason=reason)


class UnsupportedError(LambdaApiError):
    """The local Lambda service does not support this."""

    code = "NotImplementedException"
    status = 501
