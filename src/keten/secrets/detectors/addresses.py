# ruff: noqa: E501 a pattern stays on one line
"""Credentials inside addresses, connection strings, headers and command lines."""

from keten.model.finding import Severity
from keten.model.plug import Detector, Match
from keten.secrets import judges
from keten.secrets.forms import token
from keten.secrets.placeholders import hollow

RFC3986 = "https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1"
EXAMPLES = "a word that examples use"
_PASS = r"[^\s:/@\"'<>{}$\[\]()`|\\,]"
_USER = r"[^\s:/@\"'<>{}$\[\]()`|\\,?#]"


def _password(value: bytes) -> Match | None:
    """Refuse a password that is a placeholder or a variable."""
    return None if hollow(value, password=True) else Match(60)


def _address(value: bytes) -> Match | None:
    """Judge a password in an address: weak ones count, variables and masks do not."""
    if not value.strip(b"*x.-_") or hollow(value, password=True, weak=True):
        return None
    return Match(30, EXAMPLES) if hollow(value, password=True) else Match(65)


def _url(
    name: str, title: str, scheme: str, *heads: str, severity: Severity = Severity.HIGH
) -> Detector:
    return token(
        name,
        title,
        rf"{scheme}://{_USER}{{0,120}}:(?P<secret>{_PASS}{{3,200}}(?:@{_PASS}{{1,60}})?)@[\w\[%.*-]",
        RFC3986,
        heads=heads,
        judge=_address,
        kind="url",
        severity=severity,
    )


DETECTORS = (
    _url(
        "postgres-url",
        "PostgreSQL address with a password",
        r"(?i:postgres(?:ql)?(?:\+[a-z0-9_]{2,20})?)",
        "(?i:postgres)",
    ),
    _url(
        "mysql-url",
        "MySQL address with a password",
        r"(?i:(?:mysql|mariadb|mysql2|mysqli|mysqlx)(?:\+[a-z0-9_]{2,20})?)",
        "(?i:mysql)",
        "(?i:mariadb)",
    ),
    token(
        "mongodb-url",
        "MongoDB address with a password",
        rf"(?i:mongodb)(?:\+srv)?://{_USER}{{1,120}}:(?P<secret>[^\s:/@\"'<>{{}}$`|\\]{{3,200}}(?:@[^\s:/@\"'<>{{}}$`|\\,]{{1,60}})?)@[\w\[.*-]",
        RFC3986,
        heads=("(?i:mongodb)[:+]",),
        judge=_address,
        kind="url",
    ),
    _url(
        "redis-url",
        "Redis address with a password",
        r"(?i:rediss?|valkeys?)",
        "(?i:redis):",
        "(?i:rediss):",
        "(?i:valkey)",
    ),
    _url("amqp-url", "AMQP address with a password", r"(?i:amqps?)", "(?i:amqp)"),
    _url(
        "sqlserver-url",
        "Database address with a password",
        r"(?i:mssql(?:\+[a-z0-9_]{2,20})?|sqlserver|oracle(?:\+[a-z0-9_]{2,20})?|clickhouse|cockroachdb|snowflake|redshift(?:\+[a-z0-9_]{2,20})?|couchbase|neo4j|bolt|nats|influxdb|hive|presto|trino)",
        "(?i:mssql)[:+]",
        "(?i:sqlserver):",
        "(?i:oracle)[:+]",
        "(?i:clickhouse):",
        "(?i:cockroachdb):",
        "(?i:snowflake):",
        "(?i:redshift)[:+]",
        "(?i:couchbase):",
        "(?i:neo4j):",
        "(?i:bolt)://",
        "(?i:nats)://",
        "(?i:influxdb):",
        "(?i:trino):",
        "(?i:presto):",
    ),
    _url(
        "ftp-url",
        "FTP or file share address with a password",
        r"(?i:s?ftps?|smb|ssh|scp|webdavs?)",
        "(?i:ftp)://",
        "(?i:ftps)://",
        "(?i:smb)://",
        "(?i:ssh)://",
        "(?i:scp)://",
    ),
    _url(
        "mail-url",
        "Mail or directory address with a password",
        r"(?i:smtps?(?:\+tls)?|imaps?|ldaps?|pop3s?|mqtts?)",
        "(?i:smtp)[s:+]",
        "(?i:imap)[s:]",
        "(?i:ldap)[s:]",
        "(?i:mqtt)[s:]",
    ),
    token(
        "http-url",
        "Address with a password",
        rf"https?://{_USER}{{1,120}}:(?P<secret>{_PASS}{{3,200}})@[\w\[][\w.-]{{2,}}",
        RFC3986,
        heads=(r"https?://[^\s:/@\"'<>{}$]{1,120}:[^\s:/@\"'<>{}$]{3,200}@",),
        back=340,
        reach=200,
        judge=_address,
        kind="url",
        severity=Severity.MEDIUM,
    ),
    token(
        "basic-header",
        "HTTP Basic credentials",
        r"(?i:authorization)[\"'\]]{0,2}\s{0,3}[:=,]\s{0,3}[\"'`]?(?i:basic) (?P<secret>[A-Za-z0-9+/=_-]{8,400})",
        "https://www.rfc-editor.org/rfc/rfc7617",
        judge=judges.basic,
        heads=(r"(?i:authorization)[\"'\]]{0,2}\s{0,3}[:=,]\s{0,3}[\"'`]?(?i:basic) ",),
        back=32,
    ),
    token(
        "bearer-header",
        "HTTP bearer token",
        r"(?i:authorization)[\"'\]]{0,2}\s{0,3}[:=,]\s{0,3}[\"'`]?(?i:bearer|token) (?P<secret>[A-Za-z0-9+/=_.~-]{12,})",
        "https://www.rfc-editor.org/rfc/rfc6750",
        heads=(r"(?i:authorization)[\"'\]]{0,2}\s{0,3}[:=,]\s{0,3}[\"'`]?(?i:bearer|token) ",),
        back=32,
        entropy=3.0,
        reach=2100,
        severity=Severity.MEDIUM,
        judge=_password,
    ),
    token(
        "curl-user",
        "Credentials on a curl command line",
        r"\bcurl [^\n]{0,200}?(?:\\\r?\n[^\n]{0,120}?)?(?: -u| --user| --proxy-user)[ =][\"']?[\w.@%+-]{1,80}:(?P<secret>[^\s\"'$<{\\]{4,120})",
        heads=("curl ",),
        judge=_password,
        kind="password",
        severity=Severity.MEDIUM,
    ),
    token(
        "psexec",
        "Credentials on a PsExec command line",
        r"(?i:psexec)[^\n]{0,160}?-u[ ]{1,2}[^\s]{1,80}[ ]{1,2}-p[ ]{1,2}[\"']?(?P<secret>[^\s\"'$%<{]{4,80})",
        heads=("(?i:psexec)",),
        kind="password",
        severity=Severity.MEDIUM,
        judge=_address,
    ),
    token(
        "viserver",
        "Credentials in Connect-VIServer",
        r"(?i:connect-viserver)[^\n]{0,160}?(?i:-password)[ ]{1,2}[\"']?(?P<secret>[^\s\"'$<{]{4,80})",
        heads=("(?i:connect-viserver)",),
        kind="password",
        severity=Severity.MEDIUM,
        judge=_password,
    ),
    token(
        "docker-login",
        "Credentials on a docker login line",
        r"(?:docker|podman|helm|oras|skopeo|buildah)[ a-z]{0,12} login[^\n]{0,120}? (?:-p|--password)[ =][\"']?(?P<secret>[^\s\"'$<{(]{4,400})",
        heads=(" login ",),
        back=30,
        kind="password",
        judge=_password,
    ),
    token(
        "mysql-command",
        "Password on a database command line",
        # ``-p`` is a word of its own: the one in --password="$P" has no password behind it.
        r"\b(?:mysql|mysqldump|mysqladmin|mariadb)(?: [^\n]{0,100}?)??(?: -p| --password=)(?P<secret>[^\s\"'$<{-][^\s\"'$<{]{3,80})",
        heads=("mysql ", "mysqldump ", "mysqladmin ", "mariadb "),
        kind="password",
        severity=Severity.MEDIUM,
        judge=_password,
    ),
    token(
        "sshpass",
        "Password on an sshpass command line",
        # Behind the end of a string of a program no password begins.
        r"sshpass -p[ ]?[\"']?(?P<secret>[^\s\"'$<{,;)\]|&][^\s\"'$<{]{2,79})",
        heads=("sshpass -p",),
        kind="password",
        severity=Severity.MEDIUM,
        judge=_password,
    ),
    token(
        "net-credential",
        "Credentials in System.Net.NetworkCredential",
        r"(?i:NetworkCredential)\s{0,2}\(\s{0,4}@?\"[^\"\n]{1,120}\"\s{0,2},\s{0,4}@?\"(?P<secret>[^\"\n]{4,120})\"",
        heads=("(?i:NetworkCredential)",),
        kind="password",
        severity=Severity.MEDIUM,
        judge=_password,
    ),
    token(
        "directory-entry",
        "Credentials in DirectoryEntry",
        r"DirectoryEntry\s{0,2}\(\s{0,4}@?\"[^\"\n]{1,200}\"\s{0,2},\s{0,20}@?\"[^\"\n]{1,120}\"\s{0,2},\s{0,20}@?\"(?P<secret>[^\"\n]{4,120})\"",
        heads=("DirectoryEntry",),
        kind="password",
        severity=Severity.MEDIUM,
        judge=_address,
    ),
    token(
        "netrc",
        "Credentials in .netrc form",
        r"machine\s{1,4}[\w.-]{2,80}\s{1,12}login\s{1,4}[^\s]{1,80}\s{1,12}password\s{1,4}[\"']?(?P<secret>[^\s\"'$<{]{4,200})",
        "https://www.gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html",
        heads=("machine[ \t]",),
        kind="password",
        judge=_address,
    ),
    token(
        "connection-string",
        "Password in a connection string",
        r"(?i:server|data source|datasource|host(?:name)?|driver|provider|user id|userid|uid|username|database|initial catalog|dsn|address)\s{0,2}=\s{0,2}[^;\"\n]{1,120}[;:][^\"\n]{0,300}?(?i:password|pwd)\s{0,2}=\s{0,2}'?(?P<secret>[^\s;\"'${}<>%&\[\]]{3,128})",
        "https://learn.microsoft.com/en-us/dotnet/framework/data/adonet/connection-strings",
        heads=("(?i:password) ?=", "(?i:pwd) ?="),
        back=440,
        kind="password",
        judge=_address,
        reach=180,
    ),
    token(
        "jdbc",
        "Password in a JDBC address",
        r"jdbc:[a-z0-9:]{2,40}(?:[^\s\"']{0,240}[?;&](?i:password|pwd)=(?P<secret>[^\s\"'&;${}<>]{3,100})|[a-z@/]{0,6}[\w]{1,40}/(?:[^\s\"'@${}]{3,60})@)",
        heads=("jdbc:[a-z]{3}",),
        kind="password",
        judge=_address,
        reach=400,
    ),
    token(
        "dsn-keywords",
        "Password in a libpq connection string",
        # Pairs parted by spaces only: in a call of a program commas part them.
        r"(?:host|hostaddr|port|dbname|user)=[^\s'\",()]{1,80} (?:[a-z_]{2,30}=[^\s\",()]{0,80} ){0,8}"
        r"password=(?P<secret>[^\s'\"${}<>]{3,80})",
        heads=("(?i: password=)",),
        back=260,
        kind="password",
        severity=Severity.MEDIUM,
        judge=_password,
    ),
    token(
        "gradle-credentials",
        "Credentials in a Gradle file",
        r"credentials\s{0,2}\{\s{1,20}username\s{1,3}=?\s{0,2}[\"'][^\"'$\n]{1,60}[\"']\s{1,20}password\s{1,3}=?\s{0,2}[\"'](?P<secret>[^\"'$\n]{4,80})[\"']",
        heads=("credentials[ {]",),
        kind="password",
        severity=Severity.MEDIUM,
        judge=_address,
    ),
    token(
        "powershell-secure",
        "Password in ConvertTo-SecureString",
        r"(?i:ConvertTo-SecureString)\s{1,3}(?:-String\s{1,2})?[\"'](?P<secret>[^\"'$\n]{4,120})[\"']",
        heads=("(?i:ConvertTo-SecureString)",),
        kind="password",
        severity=Severity.MEDIUM,
        judge=_password,
    ),
    token(
        "net-user",
        "Password on a net user command line",
        r"(?i:net user) [\w.-]{1,40} (?P<secret>[^\s\"'$%<{/*]{4,80})[^\n]{0,20}/(?i:add)",
        heads=("(?i:net user) ",),
        kind="password",
        severity=Severity.MEDIUM,
        judge=_password,
    ),
    token(
        "chpasswd",
        "Password set with chpasswd",
        r"echo [\"']?[\w.-]{1,40}:(?P<secret>[^\s\"'$<{|]{4,80})[\"']? ?\| ?(?:sudo )?chpasswd",
        heads=("chpasswd",),
        back=144,
        kind="password",
        severity=Severity.MEDIUM,
        judge=_address,
    ),
    token(
        "htdigest",
        "PHP mysqli_connect credentials",
        r"(?:mysqli?_connect|new mysqli|new PDO)\s{0,2}\([^;\n]{0,120}?,\s{0,3}[\"'][\w.-]{1,40}[\"']\s{0,2},\s{0,3}[\"'](?P<secret>[^\"'$\n]{4,80})[\"']",
        heads=("mysql_connect", "mysqli_connect", "new mysqli", "new PDO"),
        kind="password",
        severity=Severity.MEDIUM,
        judge=_password,
    ),
)
