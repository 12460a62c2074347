"""A venue on a disk that is soon full: writes beyond a file size are refused, in part or whole."""

import resource
import signal
import sys

from gateway.cli.main import app

FILE_BYTES_MAX = 400_000

if __name__ == "__main__":
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES_MAX, FILE_BYTES_MAX))
    app(sys.argv[1:], prog_name="venue")
