"""Archives of code that try to get out of the directory they are unpacked to."""

import io
import tarfile
from pathlib import Path

import pytest

from local_sagemaker.runtimes.programs.script_mode.reporting import ScriptError
from local_sagemaker.runtimes.programs.script_mode.source import unpack


def archive(path: Path, *members: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for member in members:
            data = b"x" * 3 if member.isreg() else b""
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, target
    return made


@pytest.fixture(params=["with the data filter", "without"])
def code(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    if request.param == "without":  # as in the first patch releases of Python 3.10 and 3.11
        monkeypatch.delattr(tarfile, "data_filter", raising=False)
    made = tmp_path / "opt" / "code"
    made.mkdir(parents=True)
    return made


@pytest.mark.parametrize(
    "members",
    [
        [member("../out")],
        [member("a/../../out")],
        [member("../code-other/out")],
        [member("link", tarfile.SYMTYPE, "../.."), member("link/out")],
        [member("link", tarfile.SYMTYPE, "/"), member("link/tmp/out")],
        [member("one", tarfile.SYMTYPE, "."), member("one/two", tarfile.SYMTYPE, "../..")],
        [member("out", tarfile.LNKTYPE, "../../secret")],
        [member("pipe", tarfile.FIFOTYPE)],
        [member("device", tarfile.CHRTYPE)],
    ],
)
def test_what_leads_out_is_refused(
    code: Path, tmp_path: Path, members: list[tarfile.TarInfo]
) -> None:
    (tmp_path / "secret").write_text("secret")
    packed = archive(tmp_path / "code.tar.gz", *members)
    before = sorted(path.name for path in tmp_path.rglob("*") if not path.is_relative_to(code))
    with pytest.raises((ScriptError, tarfile.TarError)):
        unpack(packed, code)
    after = sorted(path.name for path in tmp_path.rglob("*") if not path.is_relative_to(code))
    assert after == before
    for path in code.rglob("*"):
        assert path.resolve().is_relative_to(code)


def test_an_absolute_path(code: Path, tmp_path: Path) -> None:
    target = tmp_path / "absolute"
    packed = archive(tmp_path / "code.tar.gz", member(str(target)))
    with pytest.raises((ScriptError, tarfile.TarError)):
        unpack(packed, code)
    assert not target.exists()


def test_what_stays_inside_is_unpacked(code: Path, tmp_path: Path) -> None:
    members = [
        member("package", tarfile.DIRTYPE),
        member("package/module.py"),
        member("link.py", tarfile.SYMTYPE, "package/module.py"),
        member("package/up.py", tarfile.SYMTYPE, "../link.py"),
        member("./train.py"),
    ]
    members[0].mode = 0o755
    unpack(archive(tmp_path / "code.tar.gz", *members), code)
    assert (code / "package/up.py").read_text() == "xxx"
    assert (code / "train.py").read_text() == "xxx"
    assert (code / "link.py").readlink() == Path("package/module.py")
