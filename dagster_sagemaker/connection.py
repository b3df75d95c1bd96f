"""How to reach AWS, or anything that speaks its APIs: one place that makes every boto3 client."""

import threading
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Literal, overload
from urllib.parse import urlsplit

import boto3
import dagster as dg
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.loaders import Loader, create_loader
from botocore.session import Session as BotocoreSession
from pydantic import Field, PrivateAttr, model_validator

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient
    from typing_extensions import Self

ServiceName = Literal[
    "sagemaker",
    "sagemaker-featurestore-runtime",
    "s3",
    "logs",
    "cloudwatch",
    "sts",
    "iam",
    "sqs",
]

_READ_ONCE = frozenset({"logs", "cloudwatch"})

_LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


@cache
def _service_models(data_path: str | None) -> Loader:
    """The descriptions of AWS's services, parsed once however many connections there are.

    Dagster makes a copy of a resource for every resource that uses it.
    """
    return create_loader(data_path)


class SageMakerConnection(dg.ConfigurableResource[Any]):
    """Region, credentials and endpoint of every client that this package uses.

    A value given here wins over the environment. With ``endpoint_url`` and both keys given, nothing
    can reach AWS, whatever the environment or ``~/.aws`` holds. What is not given comes from
    boto3's own chain. Clients are made on first use and kept; subclasses override ``client`` to
    prepare the service behind it.
    """

    region: str | None = Field(default=None, description="AWS region, such as `eu-west-1`.")
    profile_name: str | None = Field(default=None, description="Profile of `~/.aws/config`.")
    aws_access_key_id: str | None = Field(default=None, description="Access key.", repr=False)
    aws_secret_access_key: str | None = Field(default=None, description="Secret key.", repr=False)
    aws_session_token: str | None = Field(
        default=None, description="Session token of temporary keys.", repr=False
    )
    assume_role_arn: str | None = Field(
        default=None, description="Role to assume with the credentials above; renewed by itself."
    )
    endpoint_url: str | None = Field(
        default=None, description="Endpoint of all services, such as `http://127.0.0.1:4599`."
    )
    job_page_url: str | None = Field(
        default=None,
        description="Where a person finds a job at an endpoint that is not AWS's, such as "
        "`http://127.0.0.1:4599/_jobs/{kind}/{name}`.",
    )
    max_attempts: int = Field(
        default=5,
        ge=1,
        description="Attempts of one request, the first included; reads of logs and metrics have "
        "one each.",
    )
    connect_timeout_seconds: float = Field(default=10, gt=0, description="Time to connect.")
    read_timeout_seconds: float = Field(default=60, gt=0, description="Time between two bytes.")

    _clients: dict[str, Any] = PrivateAttr(default_factory=dict)
    _session: Any = PrivateAttr(default=None)
    _lock: Any = PrivateAttr(default_factory=threading.RLock)

    @model_validator(mode="after")
    def _keys_come_in_pairs(self) -> "Self":
        if (self.aws_access_key_id is None) != (self.aws_secret_access_key is None):
            message = "give both aws_access_key_id and aws_secret_access_key, or neither"
            raise ValueError(message)
        return self

    @overload
    def client(self, service: Literal["sagemaker"]) -> "SageMakerClient": ...
    @overload
    def client(self, service: Literal["sagemaker-featurestore-runtime"]) -> Any: ...
    @overload
    def client(self, service: Literal["s3"]) -> "S3Client": ...
    @overload
    def client(self, service: Literal["logs"]) -> "CloudWatchLogsClient": ...
    @overload
    def client(self, service: Literal["cloudwatch"]) -> "CloudWatchClient": ...
    @overload
    def client(self, service: Literal["sts"]) -> "STSClient": ...
    @overload
    def client(self, service: Literal["iam"]) -> "IAMClient": ...
    @overload
    def client(self, service: Literal["sqs"]) -> "SQSClient": ...

    def client(self, service: ServiceName) -> Any:
        """The boto3 client of a service; the same object on every call, safe between threads."""
        with self._lock:
            if service not in self._clients:
                if self._session is None:
                    self._session = self._make_session()
                self._clients[service] = self._session.client(
                    service,
                    endpoint_url=self.endpoint_for(service),
                    config=self._client_config(service),
                )
            return self._clients[service]

    def forget_credentials(self) -> None:
        """Have the next clients read the credentials anew, unless they are fields of this."""
        if self.aws_access_key_id is None:
            with self._lock:
                self._session = None
                self._clients.clear()

    def endpoint_for(self, service: ServiceName) -> str | None:  # noqa: ARG002 - for subclasses
        """Endpoint of one service: override it when services live at different addresses."""
        return self.endpoint_url

    def _client_config(self, service: ServiceName) -> Config:
        # A log that cannot be read now is read with the next look, and metrics are done without:
        # nothing waits for them.
        attempts = 1 if service in _READ_ONCE else self.max_attempts
        options: dict[str, Any] = {
            "retries": {"mode": "standard", "total_max_attempts": attempts},
            "connect_timeout": self.connect_timeout_seconds,
            "read_timeout": self.read_timeout_seconds,
            "tcp_keepalive": True,
        }
        if self.endpoint_url is not None:
            # The environment may ask for FIPS or dual-stack endpoints, which botocore refuses to
            # combine with an endpoint of one's own.
            options |= {"use_fips_endpoint": False, "use_dualstack_endpoint": False}
            if urlsplit(self.endpoint_url).hostname in _LOOPBACK_HOSTS:
                options["proxies"] = {}  # a proxy of the environment cannot reach this machine
        return Config(**options)

    def _make_session(self) -> boto3.Session:
        # With explicit keys a profile named by the environment must not be looked up: botocore
        # fails when it does not exist.
        ignore_profile = self.aws_access_key_id is not None and self.profile_name is None
        session_vars = {"profile": (None, None, None, None)} if ignore_profile else None
        botocore_session = BotocoreSession(session_vars=session_vars)
        data_path = botocore_session.get_config_variable("data_path")
        botocore_session.register_component("data_loader", _service_models(data_path))
        session = boto3.Session(
            aws_access_key_id=self.aws_access_key_id,
            aws_secret_access_key=self.aws_secret_access_key,
            aws_session_token=self.aws_session_token,
            region_name=self.region,
            profile_name=self.profile_name,
            botocore_session=botocore_session,
        )
        if self.assume_role_arn is not None:
            self._assume_role(botocore_session, self.assume_role_arn)
        return session

    def _assume_role(self, session: BotocoreSession, role_arn: str) -> None:
        fetcher = AssumeRoleCredentialFetcher(
            client_creator=partial(
                session.create_client,
                region_name=self.region,
                endpoint_url=self.endpoint_for("sts"),
                config=self._client_config("sts"),
            ),
            source_credentials=session.get_credentials(),
            role_arn=role_arn,
            extra_args={"RoleSessionName": "dagster-sagemaker"},
        )
        session._credentials = DeferredRefreshableCredentials(  # type: ignore[attr-defined]
            method="assume-role", refresh_using=fetcher.fetch_credentials
        )
