"""Addresses of SageMaker's managed images."""

# Registry accounts of sagemaker-scikit-learn, the same for all its versions. Source: the
# "Amazon ECR registry paths" pages of the SageMaker documentation, and the SageMaker Python SDK's
# image_uri_config/sklearn.json.
_SKLEARN_ACCOUNTS = {
    "af-south-1": "510948584623",
    "ap-east-1": "651117190479",
    "ap-northeast-1": "354813040037",
    "ap-northeast-2": "366743142698",
    "ap-northeast-3": "867004704886",
    "ap-south-1": "720646828776",
    "ap-south-2": "628508329040",
    "ap-southeast-1": "121021644041",
    "ap-southeast-2": "783357654285",
    "ap-southeast-3": "951798379941",
    "ap-southeast-4": "106583098589",
    "ca-central-1": "341280168497",
    "cn-north-1": "450853457545",
    "cn-northwest-1": "451049120500",
    "eu-central-1": "492215442770",
    "eu-central-2": "680994064768",
    "eu-north-1": "662702820516",
    "eu-south-1": "978288397137",
    "eu-south-2": "104374241257",
    "eu-west-1": "141502667606",
    "eu-west-2": "764974769150",
    "eu-west-3": "659782779980",
    "me-central-1": "272398656194",
    "me-south-1": "801668240914",
    "sa-east-1": "737474898029",
    "us-east-1": "683313688378",
    "us-east-2": "257758044811",
    "us-gov-east-1": "237065988967",
    "us-gov-west-1": "414596584902",
    "us-iso-east-1": "833128469047",
    "us-isob-east-1": "281123927165",
    "us-west-1": "746614075791",
    "us-west-2": "246618743249",
}

_DNS_SUFFIXES = {"cn-": "amazonaws.com.cn", "us-iso-": "c2s.ic.gov", "us-isob-": "sc2s.sgov.gov"}


def sklearn_image_uri(region: str, framework_version: str = "1.4-2") -> str:
    """URI of ``sagemaker-scikit-learn`` for processing and training.

    Args:
        region: AWS region; image and job must be in the same one.
        framework_version: The image's full version, such as ``1.2-1`` or ``1.4-2``.

    Raises:
        ValueError: The region's registry is not known here; give ``image_uri`` instead.
    """
    account = _SKLEARN_ACCOUNTS.get(region)
    if account is None:
        message = (
            f"no registry of sagemaker-scikit-learn is known for region {region!r}: give the full "
            "address of the image in the field `image_uri`"
        )
        raise ValueError(message)
    tag = f"{framework_version}-cpu-py3"
    return f"{account}.dkr.ecr.{region}.{_dns_suffix(region)}/sagemaker-scikit-learn:{tag}"


def _dns_suffix(region: str) -> str:
    for prefix, suffix in _DNS_SUFFIXES.items():
        if region.startswith(prefix):
            return suffix
    return "amazonaws.com"
