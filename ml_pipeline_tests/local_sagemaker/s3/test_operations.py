from botocore.loaders import Loader
from botocore.model import ServiceModel

from local_sagemaker.s3.http.operations import OPERATIONS


def test_every_operation_goes_by_the_name_that_aws_has_for_it() -> None:
    model = ServiceModel(Loader().load_service_model("s3", "service-2"), "s3")
    for operation in OPERATIONS:
        http = model.operation_model(operation.name).http
        assert http["method"] == operation.method, operation.name
        assert ("{Key" in http["requestUri"]) == (operation.level == "object"), operation.name


def test_no_two_operations_have_one_name() -> None:
    names = [operation.name for operation in OPERATIONS]
    assert len(set(names)) == len(names)
