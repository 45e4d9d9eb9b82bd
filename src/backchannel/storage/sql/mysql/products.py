"""MariaDB and MySQL: the differences between the two, and the requirements of the guarantees."""

import logging
import re
from collections.abc import Mapping

import msgspec

from backchannel.storage import CannotOpen

PACKET_BYTES = 8 << 20
"""The smallest limit on the length of a statement: a batch of messages is one."""

Version = tuple[int, ...]

SESSION = (
    "SET NAMES utf8mb4 COLLATE {collation}",
    # Texts and numbers are never cut to fit; backslashes escape, as the literals need it.
    "SET sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO'",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    # The defaults, which the configuration of a server may change.
    "SET default_storage_engine = InnoDB, completion_type = NO_CHAIN",
    "SET sql_select_limit = 18446744073709551615, sql_safe_updates = 0",
    "SET foreign_key_checks = 1, unique_checks = 1, time_zone = '+00:00'",
    # The name of a duplicate key is read from the text of the error.
    "SET lc_messages = 'en_US'",
    # The pool may keep connections for any length of time.
    "SET wait_timeout = 28800",
    # The time that a transaction waits for another's locks before it is tried again.
    "SET innodb_lock_wait_timeout = 5, lock_wait_timeout = 5",
    # An index is used wherever there is one: a statement that reads a small table as a whole
    # would wait for locks of rows that do not concern it.
    "SET max_seeks_for_key = 1",
)
MARIADB_SESSION = (
    # A page of messages takes a step for each; one that is cut short would be wrong.
    "SET max_recursive_iterations = 1000000",
    # A list of a thousand ids stays a list.
    "SET in_predicate_conversion_threshold = 0",
    # The time that others wait for a server that stopped in mid-transaction.
    "SET idle_transaction_timeout = 10",
    # A migration takes as long as it needs.
    "SET max_statement_time = 0",
)
MYSQL_SESSION = (
    "SET cte_max_recursion_depth = 1000000",
    "SET range_optimizer_max_mem_size = 0",
    "SET max_execution_time = 0",
)

SETTINGS = """
SHOW GLOBAL VARIABLES WHERE Variable_name IN (
    'innodb_flush_log_at_trx_commit', 'log_bin', 'sync_binlog', 'innodb_doublewrite',
    'innodb_flush_method', 'binlog_format', 'max_allowed_packet', 'wsrep_on'
)
"""

_logger = logging.getLogger("backchannel.storage")


class Product(msgspec.Struct, frozen=True):
    """A server's program and version."""

    title: str
    version: Version
    minimum: Version
    collation: str
    """Texts are compared byte by byte, trailing blanks included."""
    settings: tuple[str, ...]

    @property
    def session(self) -> str:
        """The statements that configure a session for all others."""
        return "; ".join((*SESSION, *self.settings)).format(collation=self.collation)

    @property
    def name(self) -> str:
        return f"{self.title} {_dotted(self.version)}"


def product_of(version: str) -> Product:
    """The product that a server's `VERSION()` names."""
    # Some releases put another number in front of theirs for clients that know no MariaDB.
    numbers = re.match(r"(?:5\.5\.5-)?(\d+)\.(\d+)(?:\.(\d+))?", version)
    parsed = tuple(int(each or 0) for each in numbers.groups()) if numbers else (0,)
    if "mariadb" in version.lower():
        return Product("MariaDB", parsed, (10, 6), "utf8mb4_nopad_bin", MARIADB_SESSION)
    return Product("MySQL", parsed, (8, 0, 17), "utf8mb4_0900_bin", MYSQL_SESSION)


def require_version(product: Product, name: str) -> None:
    """Raise `CannotOpen` for a server that is too old."""
    if product.version < product.minimum:
        raise CannotOpen(
            f"{name} is {product.name}: {product.title} {_dotted(product.minimum)} or newer is"
            " needed"
        )


def require_settings(settings: Mapping[str, str], name: str, *, production: bool) -> None:
    """Raise `CannotOpen` for a server that does not fit, or in production one that loses commits.

    `settings` are the rows of `SETTINGS`.
    """
    packet_bytes = int(settings["max_allowed_packet"])
    if packet_bytes < PACKET_BYTES:
        raise CannotOpen(
            f"{name} has max_allowed_packet = {packet_bytes}: at least {PACKET_BYTES} are needed"
        )
    if settings.get("wsrep_on") == "ON":
        raise CannotOpen(
            f"{name} is a node of a Galera cluster, whose nodes do not wait for the locks of each"
            " other; use a server of its own, with replicas if wanted"
        )
    if settings["log_bin"] == "ON" and settings.get("binlog_format") == "STATEMENT":
        raise CannotOpen(
            f"{name} has binlog_format = STATEMENT, which permits no writes at READ COMMITTED; set"
            " it to ROW or MIXED"
        )
    for risk in _risks(settings):
        text = f"{name} has {risk}, so it may lose messages it has acknowledged"
        if production:
            raise CannotOpen(text)
        _logger.warning("%s; production refuses this", text)


def _risks(settings: Mapping[str, str]) -> list[str]:
    """The settings with which a server may lose commits."""
    found: list[str] = []
    flush = settings["innodb_flush_log_at_trx_commit"]
    if flush != "1":
        found.append(f"innodb_flush_log_at_trx_commit = {flush} instead of 1")
    sync = settings["sync_binlog"]
    if settings["log_bin"] == "ON" and sync != "1":
        found.append(f"a binary log with sync_binlog = {sync} instead of 1")
    doublewrite = settings["innodb_doublewrite"]
    if doublewrite in {"0", "OFF", "DETECT_ONLY"}:
        found.append(f"innodb_doublewrite = {doublewrite} instead of ON")
    method = settings.get("innodb_flush_method", "")
    if method in {"nosync", "littlesync"}:
        found.append(f"innodb_flush_method = {method}, which does not sync")
    return found


def _dotted(version: Version) -> str:
    return ".".join(map(str, version))
