"""``without_call.py CALL ERROR COMMAND...``: run a command where a system call always fails."""

import ctypes
import errno
import os
import struct
import sys

_CALLS = {
    "x86_64": {"mount_setattr": 442, "unshare": 272, "sethostname": 170},
    "aarch64": {"mount_setattr": 442, "unshare": 97, "sethostname": 161},
}
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_RETURN_ERRNO, _RETURN_ALLOW = 0x00050000, 0x7FFF0000
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06


def main() -> None:
    call, error, *command = sys.argv[1:]
    number = _CALLS[os.uname().machine][call]
    instructions = [
        (_LOAD, 0, 0, 0),  # the number of the system call
        (_JUMP_IF_EQUAL, 0, 1, number),
        (_RETURN, 0, 0, _RETURN_ERRNO | int(getattr(errno, error))),
        (_RETURN, 0, 0, _RETURN_ALLOW),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *one) for one in instructions))
    program = struct.pack("@HP", len(instructions), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in (
        (_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, program, 0, 0),
    ):
        if libc.prctl(*arguments):
            raise OSError(ctypes.get_errno(), "prctl")
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
