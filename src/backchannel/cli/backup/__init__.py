"""`backchannel backup` and `backchannel restore`."""

from backchannel.cli.backup.command import backup as backup
from backchannel.cli.backup.command import mark_restored as mark_restored
from backchannel.cli.backup.command import restore as restore
