"""The domain that a region's registry lies in: the partitions of AWS."""

# Source: botocore's endpoints.json, dnsSuffix of each partition. That file is not read here, since
# it takes longer to load than all that a job's request needs.
_SUFFIXES = {
    "cn-": "amazonaws.com.cn",
    "eu-isoe-": "cloud.adc-e.uk",
    "eusc-": "amazonaws.eu",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "us-isof-": "csp.hci.ic.gov",
}


def dns_suffix(region: str) -> str:
    """Domain of a region's endpoints: ``amazonaws.com``, or another partition's."""
    for prefix, suffix in _SUFFIXES.items():
        if region.startswith(prefix):
            return suffix
    return "amazonaws.com"
