"""`backchannel backup` and `backchannel restore`."""

from backchannel.cli.backup.command import backup as backup
from backchannel.cli.backup.command import restore as restore
